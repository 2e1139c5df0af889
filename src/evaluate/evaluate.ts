// Attempts at problems, judged, recorded one by one, and added up; a run that was cut off goes on
// with the attempts that are missing.

import { InfrastructureError } from '../base/errors.ts'
import type { RecordLog } from '../base/record-log.ts'
import type { Problem } from '../data/problem.ts'
import { readAttempt } from '../reward/attempt.ts'
import type { Judge } from '../reward/judge.ts'
import type { TokenId } from '../trajectory/segment.ts'
import type { Trajectory } from '../trajectory/trajectory.ts'
import type { AttemptRecord } from './attempt-record.ts'
import type { Attempter } from './attempter.ts'
import type { EvaluationReport, ReportOptions } from './evaluation-report.ts'
import { EvaluationTally } from './evaluation-report.ts'
import { recordOfTrajectory } from './record-of-trajectory.ts'

/** The paper's way with AIME 2024 and 2025. */
export const paperEvaluation = { attemptsPerProblem: 32, temperature: 1, topP: 0.7 } as const

export interface EvaluateOptions extends ReportOptions {
  readonly problems: Iterable<Problem> | AsyncIterable<Problem>
  readonly attempter: Attempter
  readonly judge: Judge
  /** Attempts in flight. */
  readonly concurrency: number
  /** Records of this evaluation, those of an earlier, interrupted run of it included. */
  readonly log: RecordLog<AttemptRecord>
  /** Begins the ids of the trajectories and so names their random streams. */
  readonly name: string
  /** Told after each new attempt; keeps trajectories for the viewer. */
  readonly onAttempt?: (attempt: EvaluatedAttempt) => void
  /** More than this share of failed attempts (ours, not the model's) ends the evaluation. */
  readonly failedShare?: number
  readonly signal?: AbortSignal
}

export interface EvaluatedAttempt {
  readonly problem: Problem
  readonly trajectory: Trajectory
  readonly record: AttemptRecord
}

interface Job {
  readonly problem: Problem
  readonly index: number
}

/**
 * Makes and judges `attemptsPerProblem` attempts at each problem, and reports over all of them.
 * The same options give the same report, whether or not the run was interrupted. Rejects with the
 * signal's reason after an abort, and with InfrastructureError `too_many_failures`.
 */
export async function evaluate(options: EvaluateOptions): Promise<EvaluationReport> {
  const done = new Map(options.log.records.map((record) => [keyOf(record), record]))
  const tally = new EvaluationTally(options)
  const jobs = missingJobs(options, done, tally)
  const failures = new FailureWatch(options.failedShare ?? 0.1)
  await inLanes(jobs, options.concurrency, async (job) => {
    options.signal?.throwIfAborted()
    const attempt = await evaluateOne(job, options)
    if (attempt.trajectory.stop.kind === 'cancelled') options.signal?.throwIfAborted()
    await options.log.append(attempt.record)
    tally.add(attempt.record)
    failures.add(attempt)
    options.onAttempt?.(attempt)
  })
  return tally.report()
}

/** Jobs without a judged record; the records of the others are added up on the way. */
async function* missingJobs(
  { problems, attemptsPerProblem }: EvaluateOptions,
  done: ReadonlyMap<string, AttemptRecord>,
  tally: EvaluationTally,
): AsyncGenerator<Job> {
  for await (const problem of problems) {
    for (let index = 0; index < attemptsPerProblem; index++) {
      const record = done.get(keyOf({ problemId: problem.id, index }))
      if (record && record.correct !== null) tally.add(record)
      else yield { problem, index }
    }
  }
}

function keyOf({ problemId, index }: Pick<AttemptRecord, 'problemId' | 'index'>): string {
  return `${problemId}#${index}`
}

/** Several lanes take jobs from one queue; the first rejection ends all. */
async function inLanes<T>(
  jobs: AsyncGenerator<T>,
  lanes: number,
  work: (job: T) => Promise<void>,
): Promise<void> {
  let stopped = false
  const lane = async (): Promise<void> => {
    while (!stopped) {
      const next = await jobs.next()
      if (next.done) return
      await work(next.value)
    }
  }
  const results = await Promise.allSettled(
    Array.from({ length: lanes }, () =>
      lane().catch((error: unknown) => {
        stopped = true
        throw error
      }),
    ),
  )
  const failed = results.find((result) => result.status === 'rejected')
  if (failed) throw failed.reason
}

async function evaluateOne(
  { problem, index }: Job,
  { attempter, judge, name, signal }: EvaluateOptions,
): Promise<EvaluatedAttempt> {
  const names = { id: `${name}/${problem.id}/${index}`, group: `${name}/${problem.id}` }
  const { trajectory, tokens: length } = await attempter.attempt(problem, names, signal)
  const texts = new Map<readonly TokenId[], string>()
  for (const { tokens } of trajectory.segments) texts.set(tokens, await attempter.decode(tokens))
  const decode = (tokens: readonly TokenId[]) => texts.get(tokens) ?? ''
  const judged =
    trajectory.stop.kind === 'failed' || trajectory.stop.kind === 'cancelled'
      ? { correct: null, answer: null }
      : await judgedAttempt(problem, trajectory, decode, judge)
  const record = recordOfTrajectory(problem, trajectory, { index, ...judged }, decode)
  return { problem, trajectory, record: { ...record, tokens: length } }
}

/** A judge that is broken is ours: the attempt stays unjudged and is tried again on resume. */
async function judgedAttempt(
  problem: Problem,
  trajectory: Trajectory,
  decode: (tokens: readonly TokenId[]) => string,
  judge: Judge,
): Promise<Pick<AttemptRecord, 'correct' | 'answer'>> {
  try {
    const { judgement, answer } = await readAttempt(problem, trajectory, { decode, judge })
    return { correct: judgement.correct, answer }
  } catch (error) {
    if (!(error instanceof InfrastructureError)) throw error
    return { correct: null, answer: null }
  }
}

/** Fewer failures than this are chance. */
const fewestFailures = 5

class FailureWatch {
  #attempts = 0
  #failed = 0

  constructor(private readonly share: number) {}

  add({ record, trajectory: { stop } }: EvaluatedAttempt): void {
    this.#attempts++
    if (record.correct !== null) return
    this.#failed++
    if (this.#failed < fewestFailures || this.#failed <= this.share * this.#attempts) return
    const why = stop.kind === 'failed' ? stop.failure.message : record.stop
    throw new InfrastructureError(
      'too_many_failures',
      `${this.#failed} of ${this.#attempts} attempts failed through no fault of the model (last: ${why}, ${record.problemId}); what was judged is kept, go on with --resume`,
    )
  }
}
