// The rows that a run exports: metrics one a number, trajectories one each with all of their tokens.

import type { Database } from './database.ts'
import { decodeBody, type StoredSegment } from './trajectory-body.ts'
import { listTrajectoriesWithBodies } from './trajectory-query.ts'

export type ExportRow = Readonly<Record<string, unknown>>

export interface ExportColumn {
  readonly name: string
  readonly type: 'STRING' | 'DOUBLE' | 'INT64' | 'BOOLEAN' | 'JSON'
}

export interface ExportTable {
  readonly columns: readonly ExportColumn[]
  readonly rows: Iterable<ExportRow>
}

/** Columns step, name, value, time (Unix, milliseconds), tokens; in the order of recording. */
export function metricTable(database: Database): ExportTable {
  return {
    columns: [
      { name: 'step', type: 'INT64' },
      { name: 'name', type: 'STRING' },
      { name: 'value', type: 'DOUBLE' },
      { name: 'time', type: 'DOUBLE' },
      { name: 'tokens', type: 'INT64' },
    ],
    rows: metricRows(database),
  }
}

function* metricRows(database: Database): Generator<ExportRow> {
  const rows = database
    .prepare(
      `SELECT m.step, n.name, m.value, m.time, m.tokens FROM metric m
       JOIN metric_name n ON n.id = m.name ORDER BY m.sequence`,
    )
    .raw()
    .iterate() as Iterable<[number, string, number | null, number, number | null]>
  for (const [step, name, value, time, tokens] of rows) yield { step, name, value, time, tokens }
}

const trajectoryColumns: readonly ExportColumn[] = [
  { name: 'id', type: 'STRING' },
  { name: 'phase', type: 'STRING' },
  { name: 'step', type: 'INT64' },
  { name: 'problem', type: 'STRING' },
  { name: 'source', type: 'STRING' },
  { name: 'question', type: 'STRING' },
  { name: 'referenceAnswer', type: 'STRING' },
  { name: 'answer', type: 'STRING' },
  { name: 'reward', type: 'DOUBLE' },
  { name: 'parts', type: 'JSON' },
  { name: 'correct', type: 'BOOLEAN' },
  { name: 'verdict', type: 'STRING' },
  { name: 'stop', type: 'STRING' },
  { name: 'stopDetail', type: 'STRING' },
  { name: 'turns', type: 'INT64' },
  { name: 'calls', type: 'INT64' },
  { name: 'errors', type: 'INT64' },
  { name: 'tokens', type: 'INT64' },
  { name: 'responseTokens', type: 'INT64' },
  { name: 'policyVersion', type: 'INT64' },
  { name: 'durationMs', type: 'DOUBLE' },
  { name: 'segments', type: 'JSON' },
  { name: 'tokenValues', type: 'JSON' },
]

/**
 * One row a trajectory; `segments` is a list of { author, text, tokens, logprobs?, call?, output? }
 * and `tokenValues` a record of arrays over all tokens.
 */
export function trajectoryTable(database: Database): ExportTable {
  return { columns: trajectoryColumns, rows: trajectoryRows(database) }
}

function* trajectoryRows(database: Database): Generator<ExportRow> {
  for (const { summary, written } of listTrajectoriesWithBodies(database)) {
    const body = decodeBody(written)
    yield {
      ...summary,
      question: body.problem.question,
      referenceAnswer: body.problem.answer,
      verdict: body.verdict,
      segments: body.segments.map(exportSegment),
      tokenValues: Object.fromEntries(
        Object.entries(body.tokenValues).map(([name, values]) => [name, Array.from(values)]),
      ),
    }
  }
}

function exportSegment({ pieces, ...segment }: StoredSegment): ExportRow {
  return { ...segment, text: pieces.join('') }
}
