// Finds, sorts and reads the trajectories of a run.

import { DamagedRowError, type Database } from './database.ts'
import { decodeBody, type TrajectoryBody } from './trajectory-body.ts'
import type { Phase } from './trajectory-record.ts'
import type { TrajectorySummary } from './trajectory-summary.ts'

/** Ends included; either may be left out. */
export interface Range {
  readonly from?: number | undefined
  readonly to?: number | undefined
}

/** All that is given must hold. */
export interface TrajectoryFilter {
  readonly phase?: Phase | undefined
  readonly stop?: string | undefined
  readonly source?: string | undefined
  readonly problem?: string | undefined
  readonly correct?: boolean | undefined
  /** Whether a call failed and a later one succeeded. */
  readonly corrected?: boolean | undefined
  readonly reward?: Range | undefined
  readonly step?: Range | undefined
  readonly calls?: Range | undefined
  readonly errors?: Range | undefined
  readonly tokens?: Range | undefined
  /** Words that its text holds, all of them; the last may be the beginning of a word. */
  readonly text?: string | undefined
}

/** What lists can be sorted by, and the column that holds it. */
export const sortColumns = {
  recorded: 'row',
  step: 'step',
  reward: 'reward',
  tokens: 'response_tokens',
  turns: 'turns',
  calls: 'calls',
  errors: 'errors',
  duration: 'duration',
  source: 'source',
  stop: 'stop',
} as const

export type SortKey = keyof typeof sortColumns

export interface TrajectoryQuery {
  readonly filter: TrajectoryFilter
  readonly sort: SortKey
  readonly descending: boolean
  readonly offset: number
  readonly limit: number
}

/** What names a trajectory within its run. */
export interface TrajectoryKey {
  readonly phase: Phase
  readonly step: number
  readonly id: string
}

interface Row {
  readonly row: number
  readonly parts: string
  readonly purposes: string
  readonly correct: number | null
  readonly lastCallOk: number | null
  readonly selfCorrected: number
}

const selected = `row, trajectory.id AS id, phase, step, problem, source,
  (SELECT question FROM problem WHERE problem.id = trajectory.problem) AS question, answer, reward, parts, correct,
  stop, stop_detail AS stopDetail, turns, calls, errors, tokens, response_tokens AS responseTokens,
  policy_tokens AS policyTokens, code_lines AS codeLines, last_call_ok AS lastCallOk,
  first_call_at AS firstCallAt, self_corrected AS selfCorrected, purposes, policy_version AS policyVersion,
  duration AS durationMs`

export function countTrajectories(database: Database, filter: TrajectoryFilter = {}): number {
  const { where, parameters } = conditions(filter)
  const row = database
    .prepare(`SELECT count(*) AS count FROM trajectory ${where}`)
    .get(parameters) as { count: number }
  return row.count
}

export function listTrajectories(database: Database, query: TrajectoryQuery): TrajectorySummary[] {
  const { where, parameters } = conditions(query.filter)
  const direction = query.descending ? 'DESC' : 'ASC'
  const order = `ORDER BY ${sortColumns[query.sort]} ${direction} NULLS LAST, row ${direction}`
  // Sorted by what decides alone: with all columns a page far down takes three times as long.
  const rows = database
    .prepare(
      `SELECT ${selected} FROM trajectory WHERE row IN
        (SELECT row FROM trajectory ${where} ${order} LIMIT ? OFFSET ?) ${order}`,
    )
    .all([...parameters, query.limit, query.offset]) as Row[]
  return rows.map(toSummary)
}

/** Undefined where there is no such trajectory. */
export function readTrajectory(
  database: Database,
  { phase, step, id }: TrajectoryKey,
): { readonly summary: TrajectorySummary; readonly body: TrajectoryBody } | undefined {
  const row = database
    .prepare(`SELECT ${selected} FROM trajectory WHERE phase = ? AND step = ? AND id = ?`)
    .get([phase, step, id]) as Row | undefined
  if (!row) return undefined
  const stored = database
    .prepare('SELECT body FROM trajectory_body WHERE row = ?')
    .get([row.row]) as { body: Uint8Array } | undefined
  if (!stored) throw new DamagedRowError(`the tokens of trajectory ${id} are missing`)
  return { summary: toSummary(row), body: decodeBody(stored.body) }
}

/** All of them in the order of recording, with their bodies as written. */
export function* listTrajectoriesWithBodies(
  database: Database,
): Generator<{ readonly summary: TrajectorySummary; readonly written: Uint8Array }> {
  const rows = database
    .prepare(
      `SELECT ${selected}, body FROM trajectory JOIN trajectory_body USING (row) ORDER BY row`,
    )
    .iterate() as Iterable<Row & { body: Uint8Array }>
  for (const { body, ...row } of rows) yield { summary: toSummary(row), written: body }
}

/** The values that filters can take, with how many trajectories have each. */
export function trajectoryFacets(database: Database) {
  const counts = (column: string) =>
    database
      .prepare(
        `SELECT ${column} AS value, count(*) AS count FROM trajectory GROUP BY 1 ORDER BY 2 DESC`,
      )
      .raw()
      .all() as [string, number][]
  return { phase: counts('phase'), stop: counts('stop'), source: counts('source') }
}

const rangeColumns = {
  reward: 'reward',
  step: 'step',
  calls: 'calls',
  errors: 'errors',
  tokens: 'response_tokens',
} as const

function conditions(filter: TrajectoryFilter) {
  const parts: string[] = []
  const parameters: (string | number)[] = []
  const add = (sql: string, value: string | number | undefined) => {
    if (value === undefined) return
    parts.push(sql)
    parameters.push(value)
  }
  add('phase = ?', filter.phase)
  add('stop = ?', filter.stop)
  add('source = ?', filter.source)
  add('problem = ?', filter.problem)
  add('correct = ?', filter.correct === undefined ? undefined : Number(filter.correct))
  add('self_corrected = ?', filter.corrected === undefined ? undefined : Number(filter.corrected))
  for (const [name, column] of Object.entries(rangeColumns)) {
    const range = filter[name as keyof typeof rangeColumns]
    add(`${column} >= ?`, range?.from)
    add(`${column} <= ?`, range?.to)
  }
  add(
    'row IN (SELECT rowid FROM trajectory_text WHERE trajectory_text MATCH ?)',
    searchOf(filter.text),
  )
  return { where: parts.length > 0 ? `WHERE ${parts.join(' AND ')}` : '', parameters }
}

/** Every word quoted, so that no character is an operator of the search language. */
function searchOf(text: string | undefined): string | undefined {
  const words = text?.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word)) ?? []
  if (words.length === 0) return undefined
  return `${words.map((word) => `"${word.replaceAll('"', '""')}"`).join(' ')}*`
}

function toSummary(row: Row): TrajectorySummary {
  const { row: _, ...rest } = row
  return {
    ...rest,
    parts: JSON.parse(row.parts),
    purposes: JSON.parse(row.purposes),
    correct: row.correct === null ? null : row.correct === 1,
    lastCallOk: row.lastCallOk === null ? null : row.lastCallOk === 1,
    selfCorrected: row.selfCorrected === 1,
  } as unknown as TrajectorySummary
}
