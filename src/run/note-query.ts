// Reads what was noted along the way: warnings, evaluation reports, tags.

import type { Database } from './database.ts'

export interface RecordedWarning {
  readonly step: number
  /** Unix time, milliseconds. */
  readonly time: number
  readonly name: string
  readonly message: string
  /** Id of the trajectory where it was seen. */
  readonly trajectory: string | null
}

export interface RecordedEvaluation {
  readonly step: number
  readonly time: number
  readonly name: string
  /** Plain JSON, as the evaluation wrote it. */
  readonly report: unknown
}

/** The last `limit` of them, oldest first. */
export function listWarnings(database: Database, limit = 10_000): RecordedWarning[] {
  const rows = database
    .prepare('SELECT step, time, name, message, trajectory FROM warning ORDER BY id DESC LIMIT ?')
    .raw()
    .all(limit) as [number, number, string, string, string | null][]
  return rows
    .map(([step, time, name, message, trajectory]) => ({ step, time, name, message, trajectory }))
    .reverse()
}

export function listEvaluations(database: Database): RecordedEvaluation[] {
  const rows = database
    .prepare('SELECT step, time, name, report FROM evaluation ORDER BY id')
    .raw()
    .all() as [number, number, string, string][]
  return rows.map(([step, time, name, report]) => ({
    step,
    time,
    name,
    report: JSON.parse(report) as unknown,
  }))
}

export function listTags(database: Database): string[] {
  return database.prepare('SELECT name FROM tag ORDER BY name').raw().all().flat() as string[]
}
