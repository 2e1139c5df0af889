// Judges the policy in training on problems that it is never trained on, and records what came.

import { InfrastructureError } from '../base/errors.ts'
import type { Problem } from '../data/problem.ts'
import {
  type EvaluationReport,
  EvaluationTally,
  type ReportOptions,
} from '../evaluate/evaluation-report.ts'
import { recordOfTrajectory } from '../evaluate/record-of-trajectory.ts'
import { type AttemptReader, readAttempt } from '../reward/attempt.ts'
import type { Reward, Scored, ScoredGroup } from '../reward/reward.ts'
import type { RolloutOptions } from '../rollout/options.ts'
import { rollout } from '../rollout/rollout.ts'
import type { RunFolder } from '../run/folder.ts'
import type { Tokenizer } from '../tokenizer/tokenizer.ts'
import type { Trajectory } from '../trajectory/trajectory.ts'
import { repeatably } from './in-rounds.ts'
import { trajectoryRecords } from './trajectory-records.ts'

export interface PolicyEvaluation extends Pick<ReportOptions, 'labelOf'> {
  /** What the run folder calls it, such as `held-out`. */
  readonly name: string
  readonly problems: readonly Problem[]
  /** `groupSize` attempts at each problem. */
  readonly rollout: Omit<RolloutOptions, 'name'>
  readonly repeatable: boolean
  readonly reader: AttemptReader
  readonly run: RunFolder
  readonly tokenizer: Tokenizer
  readonly onProgress?: (judged: number) => void
}

export interface EvaluatedPolicy {
  readonly report: EvaluationReport
  /** Every attempt, with 1 for a right one and 0 for a wrong one. */
  readonly groups: readonly ScoredGroup[]
}

/** Judges all problems; report, accuracy and trajectories go into the run folder at `step`. */
export async function evaluatePolicy(
  evaluation: PolicyEvaluation,
  step: number,
): Promise<EvaluatedPolicy> {
  const { problems, reader, run, tokenizer, labelOf } = evaluation
  const options = { ...evaluation.rollout, name: `evaluation-${step}` }
  const tally = new EvaluationTally({
    attemptsPerProblem: options.groupSize,
    ...(labelOf && { labelOf }),
  })
  const groups: ScoredGroup[] = []
  const attempts = rollout(problems, repeatably(options, problems.length, evaluation.repeatable))
  for await (const { problem, trajectories } of attempts) {
    const members: Scored[] = []
    for (const [index, trajectory] of trajectories.entries()) {
      const judged = await judge(problem, trajectory, reader)
      const correct = judged?.judgement.correct ?? null
      const answer = judged?.answer ?? null
      tally.add(recordOfTrajectory(problem, trajectory, { index, correct, answer }, reader.decode))
      const reward = { total: Number(correct ?? 0), parts: {}, correct, ...(judged && { judged }) }
      members.push({ trajectory, reward })
    }
    const group = { problem, members }
    groups.push(group)
    run.recordTrajectories(step, trajectoryRecords([group], [], 'evaluation', tokenizer))
    evaluation.onProgress?.(groups.length)
  }
  const report = tally.report()
  run.recordMetrics(step, { 'evaluation/accuracy': report.all.average.mean })
  run.recordEvaluation(step, evaluation.name, report)
  return { report, groups }
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
