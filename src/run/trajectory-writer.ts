// Writes trajectories: a narrow row for lists, a body with the tokens, the text for search.

import { type Database, transaction } from './database.ts'
import { encodeBody } from './trajectory-body.ts'
import type { TrajectoryRecord } from './trajectory-record.ts'
import { type TrajectorySummary, trajectorySummary } from './trajectory-summary.ts'

const columns = [
  'id',
  'phase',
  'step',
  'problem',
  'source',
  'answer',
  'reward',
  'parts',
  'correct',
  'stop',
  'stop_detail',
  'turns',
  'calls',
  'errors',
  'tokens',
  'response_tokens',
  'policy_tokens',
  'code_lines',
  'last_call_ok',
  'first_call_at',
  'self_corrected',
  'purposes',
  'policy_version',
  'duration',
]

export class TrajectoryWriter {
  readonly #database: Database
  readonly #statements

  constructor(database: Database) {
    this.#database = database
    const marks = columns.map(() => '?')
    this.#statements = {
      find: database.prepare('SELECT row FROM trajectory WHERE phase = ? AND step = ? AND id = ?'),
      remove: [
        'trajectory WHERE row',
        'trajectory_body WHERE row',
        'trajectory_text WHERE rowid',
      ].map((from) => database.prepare(`DELETE FROM ${from} = ?`)),
      problem: database.prepare('INSERT OR REPLACE INTO problem (id, question) VALUES (?, ?)'),
      row: database.prepare(`INSERT INTO trajectory (${columns}) VALUES (${marks})`),
      body: database.prepare('INSERT INTO trajectory_body (row, body) VALUES (?, ?)'),
      text: database.prepare('INSERT INTO trajectory_text (rowid, text) VALUES (?, ?)'),
    }
  }

  /** All or nothing; a trajectory written before (same phase, step and id) is replaced. */
  write(step: number, records: readonly TrajectoryRecord[]): void {
    // Deflating takes the time: done before the transaction, so that it locks nobody out.
    const bodies = records.map(encodeBody)
    transaction(this.#database, () => {
      for (const [index, record] of records.entries()) this.#insert(step, record, bodies[index])
    })
  }

  #insert(step: number, record: TrajectoryRecord, body: Buffer | undefined): void {
    const { find, remove, problem, row, body: bodyStatement, text } = this.#statements
    const before = find.get(record.phase, step, record.trajectory.id) as { row: number } | undefined
    if (before) for (const statement of remove) statement.run(before.row)
    const summary = trajectorySummary(record, step)
    problem.run(summary.problem, summary.question)
    const { lastInsertRowid } = row.run(valuesOf(summary))
    bodyStatement.run(lastInsertRowid, body)
    text.run(lastInsertRowid, record.pieces.map((pieces) => pieces.join('')).join('\n'))
  }
}

/** In the order of `columns`. */
function valuesOf(summary: TrajectorySummary): unknown[] {
  return [
    summary.id,
    summary.phase,
    summary.step,
    summary.problem,
    summary.source,
    summary.answer,
    summary.reward,
    JSON.stringify(summary.parts),
    toBit(summary.correct),
    summary.stop,
    summary.stopDetail,
    summary.turns,
    summary.calls,
    summary.errors,
    summary.tokens,
    summary.responseTokens,
    summary.policyTokens,
    summary.codeLines,
    toBit(summary.lastCallOk),
    summary.firstCallAt,
    toBit(summary.selfCorrected),
    JSON.stringify(summary.purposes),
    summary.policyVersion,
    summary.durationMs,
  ]
}

function toBit(value: boolean | null): number | null {
  return value === null ? null : Number(value)
}
