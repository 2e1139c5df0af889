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
import type { Scored, ScoredGroup } from '../reward/reward.ts'
import type { RolloutOptions } from '../rollout/options.ts'
import { rollout } from '../rollout/rollout.ts'
import type { RunFolder } from '../run/folder.ts'
import type { Tokenizer } from '../tokenizer/tokenizer.ts'
import type { Trajectory } from '../trajectory/trajectory.ts'
import { repeatably } from './in-rounds.ts'
import { trajectoryRecords } from './record-step.ts'

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
      const { correct, answer } = await judge(problem, trajectory, reader)
      tally.add(recordOfTrajectory(problem, trajectory, { index, correct, answer }, reader.decode))
      members.push({ trajectory, reward: { total: Number(correct ?? 0), parts: {}, correct } })
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

/** What nobody can judge through a fault of ours is in no number. */
async function judge(
  problem: Problem,
  trajectory: Trajectory,
  reader: AttemptReader,
): Promise<{ readonly correct: boolean | null; readonly answer: string | null }> {
  const { stop } = trajectory
  if (stop.kind === 'failed' || stop.kind === 'cancelled') return { correct: null, answer: null }
  try {
    const { judgement, answer } = await readAttempt(problem, trajectory, reader)
    return { correct: judgement.correct, answer }
  } catch (error) {
    if (error instanceof InfrastructureError) return { correct: null, answer: null }
    throw error
  }
}
