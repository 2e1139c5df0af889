// The paper's behaviour metrics (figures 3 to 6), per step, computed from the recorded trajectories
// so that they are there whatever the loop logged. Trajectories that failed through us are left out.

import type { Database } from './database.ts'
import type { Phase } from './trajectory-record.ts'

/** One step, or a few in a row; null where no trajectory of the step could say. */
export interface Behaviour {
  readonly step: number
  readonly trajectories: number
  readonly accuracy: number | null
  readonly meanReward: number | null
  /** Mean tokens after the first context. */
  readonly responseLength: number
  /** Share of responses with at least one call. */
  readonly codeRatio: number
  /** Mean lines of code of responses with at least one call. */
  readonly codeLines: number | null
  /** Calls that ran without error, over all trajectories of a step. */
  readonly correctCodeCount: number
  /** Success of the last call of responses with a right answer. */
  readonly codePassRateRight: number | null
  /** Success of the last call of responses with a wrong answer. */
  readonly codePassRateWrong: number | null
  /** Mean place of the first code within the response: 0 its first token, 1 its end. */
  readonly invocationTiming: number | null
  /** Share of responses with a failed call in which a later call succeeded. */
  readonly selfCorrection: number | null
  readonly meanTurns: number
  /** Shares of how trajectories stopped. */
  readonly answered: number
  readonly limited: number
  readonly malformed: number
}

export interface BehaviourQuery {
  readonly phase: Phase
  /** Most entries; where there are more steps, several in a row share one. */
  readonly limit: number
}

export function behaviour(database: Database, { phase, limit }: BehaviourQuery): Behaviour[] {
  const [low, high] = database
    .prepare('SELECT min(step), max(step) FROM trajectory WHERE phase = ?')
    .raw()
    .all(phase)
    .flat() as [number | null, number | null]
  if (low === null || high === null) return []
  const width = Math.max(1, Math.ceil((high - low + 1) / limit))
  return database
    .prepare(
      `SELECT max(step) AS step,
        count(*) AS trajectories,
        avg(correct) AS accuracy,
        avg(reward) AS meanReward,
        avg(response_tokens) AS responseLength,
        avg(calls > 0) AS codeRatio,
        avg(code_lines) FILTER (WHERE calls > 0) AS codeLines,
        1.0 * sum(calls - errors) / count(DISTINCT step) AS correctCodeCount,
        avg(last_call_ok) FILTER (WHERE correct = 1) AS codePassRateRight,
        avg(last_call_ok) FILTER (WHERE correct = 0) AS codePassRateWrong,
        avg(first_call_at) AS invocationTiming,
        avg(self_corrected) FILTER (WHERE errors > 0) AS selfCorrection,
        avg(turns) AS meanTurns,
        avg(stop = 'answered') AS answered,
        avg(stop = 'limit') AS limited,
        avg(stop = 'malformed') AS malformed
       FROM trajectory WHERE phase = ? AND stop <> 'failed' GROUP BY CAST((step - ?) / ? AS INTEGER) ORDER BY 1`,
    )
    .raw()
    .all(phase, low, width)
    .map((row) => toBehaviour(row as (number | null)[]))
}

const columns = [
  'step',
  'trajectories',
  'accuracy',
  'meanReward',
  'responseLength',
  'codeRatio',
  'codeLines',
  'correctCodeCount',
  'codePassRateRight',
  'codePassRateWrong',
  'invocationTiming',
  'selfCorrection',
  'meanTurns',
  'answered',
  'limited',
  'malformed',
] as const satisfies readonly (keyof Behaviour)[]

function toBehaviour(row: readonly (number | null)[]): Behaviour {
  return Object.fromEntries(
    columns.map((name, index) => [name, row[index]]),
  ) as unknown as Behaviour
}

/** How many snippets of a step were for a purpose. */
export interface PurposeCount {
  readonly step: number
  readonly purpose: string
  readonly count: number
}

/** What snippets are for (figure 5), where the recorder said so. */
export function purposeCounts(database: Database, phase: Phase): PurposeCount[] {
  const rows = database
    .prepare(
      `SELECT step, purpose.value, count(*) FROM trajectory, json_each(purposes) AS purpose
       WHERE phase = ? AND purposes <> '[]' GROUP BY step, purpose.value ORDER BY step`,
    )
    .raw()
    .all(phase) as [number, string, number][]
  return rows.map(([step, purpose, count]) => ({ step, purpose, count }))
}
