// Judges the policy in training on problems that it is never trained on, and records what came.

import { InfrastructureError } from '../base/errors.ts'
import type { Problem } from '../data/problem.ts'
import { EvaluationTally } from '../evaluate/evaluation-report.ts'
import { recordOfTrajectory } from '../evaluate/record-of-trajectory.ts'
import { type AttemptReader, readAttempt } from '../reward/attempt.ts'
import type { Reward, Scored } from '../reward/reward.ts'
import type { RolloutOptions } from '../rollout/options.ts'
import { rollout } from '../rollout/rollout.ts'
import type { RunFolder } from '../run/folder.ts'
import type { Tokenizer } from '../tokenizer/tokenizer.ts'
import type { Trajectory } from '../trajectory/trajectory.ts'
import { repeatably } from './in-rounds.ts'
import { trajectoryRecords } from './trajectory-records.ts'

export interface PolicyEvaluation {
  readonly problems: readonly Problem[]
  /** `groupSize` attempts at each problem. */
  readonly rollout: Omit<RolloutOptions, 'name'>
  readonly repeatable: boolean
  readonly reader: AttemptReader
  readonly run: RunFolder
  readonly tokenizer: Tokenizer
  readonly onProgress?: (judged: number) => void
}

/** The mean accuracy; the whole report goes into the run folder. */
export async function evaluatePolicy(evaluation: PolicyEvaluation, step: number): Promise<number> {
  const { problems, reader, run, tokenizer } = evaluation
  const options = { ...evaluation.rollout, name: `evaluation-${step}` }
  const tally = new EvaluationTally({ attemptsPerProblem: options.groupSize })
  let judged = 0
  for await (const group of rollout(
    problems,
    repeatably(options, problems.length, evaluation.repeatable),
  )) {
    const { problem } = group
    const members: Scored[] = []
    for (const [index, trajectory] of group.trajectories.entries()) {
      const judged = await judge(problem, trajectory, reader)
      const correct = judged?.judgement.correct ?? null
      const answer = judged?.answer ?? null
      tally.add(recordOfTrajectory(problem, trajectory, { index, correct, answer }, reader.decode))
      const reward = { total: Number(correct ?? 0), parts: {}, correct, ...(judged && { judged }) }
      members.push({ trajectory, reward })
    }
    run.recordTrajectories(
      step,
      trajectoryRecords([{ problem, members }], [], 'evaluation', tokenizer),
    )
    evaluation.onProgress?.(++judged)
  }
  const report = tally.report()
  run.recordEvaluation(step, 'held-out', report)
  const accuracy = report.all.average.mean
  run.recordMetrics(step, { 'evaluation/accuracy': accuracy })
  return accuracy
}

/** Null for what nobody can judge through a fault of ours: it is in no number. */
async function judge(
  problem: Problem,
  trajectory: Trajectory,
  reader: AttemptReader,
): Promise<NonNullable<Reward['judged']> | null> {
  const { stop } = trajectory
  if (stop.kind === 'failed' || stop.kind === 'cancelled') return null
  try {
    const { judgement, answer } = await readAttempt(problem, trajectory, reader)
    return { judgement, answer }
  } catch (error) {
    if (error instanceof InfrastructureError) return null
    throw error
  }
}
