// The pipeline from problems to verified demonstrations: filter, write, run, check, balance.

import { mapInOrder } from '../base/map-in-order.ts'
import { RandomStream } from '../base/random.ts'
import type { Problem } from '../data/problem.ts'
import { Balance, type BalanceLimits } from './balance.ts'
import type { Check } from './checks.ts'
import type { Contamination } from './contamination.ts'
import type { Demonstration } from './demonstration.ts'
import { NearDuplicates } from './near-duplicates.ts'
import type { Drop, ReportTally } from './report.ts'
import type { ScriptRun } from './run-script.ts'

/** Writes and runs one demonstration: by rule or by a teacher. */
export type DemonstrationWriter = (
  problem: Problem,
  stream: RandomStream,
  signal: AbortSignal,
) => Promise<ScriptRun>

/** Problems that a model solves too often, or never, are left out. */
export interface Difficulty {
  /** Share of right attempts by problem id; a problem without one is kept. */
  readonly passRates: ReadonlyMap<string, number>
  readonly lowest: number
  readonly highest: number
}

export interface ColdStartOptions {
  readonly write: DemonstrationWriter
  readonly checks: readonly Check[]
  readonly seed: number
  /** Problems in work at once; the result does not depend on it. */
  readonly concurrency: number
  /** Questions as similar as this (0 to 1) to an earlier one are left out; null keeps all. */
  readonly similarity: number | null
  readonly contamination?: Contamination
  readonly difficulty?: Difficulty
  readonly balance?: BalanceLimits
  /** Ends after so many demonstrations. */
  readonly limit?: number
}

type Outcome =
  | { readonly kind: 'demonstration'; readonly demonstration: Demonstration }
  | { readonly kind: 'drop'; readonly drop: Drop }

/**
 * Yields demonstrations in the order of their problems; what was dropped is in `tally`. Rejects
 * with what the writer throws (a cost limit, a lost teacher) after all that stands before was
 * yielded.
 */
export async function* coldStart(
  problems: AsyncIterable<Problem> | Iterable<Problem>,
  options: ColdStartOptions,
  tally: ReportTally,
  signal: AbortSignal,
): AsyncGenerator<Demonstration> {
  const balance = new Balance(options.balance ?? {}, options.difficulty?.passRates)
  const chosen = chooseProblems(problems, options, tally)
  const outcomes = mapInOrder(chosen, options.concurrency, (problem) => {
    signal.throwIfAborted()
    return writeAndCheck(problem, options, signal)
  })
  let kept = 0
  for await (const outcome of outcomes) {
    const full = outcome.kind === 'demonstration' ? balance.objection(outcome.demonstration) : null
    if (outcome.kind === 'drop') {
      tally.drop(outcome.drop)
    } else if (full) {
      tally.drop({ stage: 'balance', problemId: outcome.demonstration.problem.id, ...full })
    } else {
      tally.keep(outcome.demonstration)
      yield outcome.demonstration
      if (++kept === options.limit) return
    }
  }
}

/** The stages that need no writing, one problem after the other. */
async function* chooseProblems(
  problems: AsyncIterable<Problem> | Iterable<Problem>,
  { contamination, similarity, difficulty }: ColdStartOptions,
  tally: ReportTally,
): AsyncGenerator<Problem> {
  const seen = similarity === null ? null : new NearDuplicates(similarity)
  for await (const problem of problems) {
    const problemId = problem.id
    const overlap = contamination?.find(problem)
    if (overlap) {
      tally.overlap(overlap)
      const detail = `${overlap.evaluationId}: ${overlap.words}`
      tally.drop({
        stage: 'contamination',
        problemId,
        reason: `overlaps ${overlap.evaluationSet}`,
        detail,
      })
      continue
    }
    const twin = seen?.add(problemId, problem.question)
    if (twin) {
      const reason = 'a near-duplicate question'
      tally.drop({ stage: 'duplicates', problemId, reason, detail: `${twin}: ${problem.question}` })
      continue
    }
    const rate = difficulty?.passRates.get(problemId)
    if (
      difficulty &&
      rate !== undefined &&
      (rate < difficulty.lowest || rate > difficulty.highest)
    ) {
      const reason = rate < difficulty.lowest ? 'too hard' : 'too easy'
      tally.drop({ stage: 'difficulty', problemId, reason, detail: `pass rate ${rate}` })
      continue
    }
    yield problem
  }
}

async function writeAndCheck(
  problem: Problem,
  { write, checks, seed }: ColdStartOptions,
  signal: AbortSignal,
): Promise<Outcome> {
  const stream = RandomStream.named(seed, `demonstration/${problem.id}`)
  const drop = (stage: Drop['stage'], reason: string, detail: string): Outcome => ({
    kind: 'drop',
    drop: { stage, problemId: problem.id, reason, detail },
  })
  const run = await write(problem, stream, signal)
  if (run.kind === 'dropped') return drop('writing', run.reason, run.detail)
  for (const check of checks) {
    const objection = await check(run.demonstration)
    if (objection) return drop('checks', objection.reason, objection.detail)
  }
  return { kind: 'demonstration', demonstration: run.demonstration }
}
