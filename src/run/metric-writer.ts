// Writes metrics: many rows a statement, since the border to the database costs more than the row.

import { at } from '../base/check.ts'
import { type Database, transaction } from './database.ts'

/** One number at one step. */
export interface MetricPoint {
  readonly step: number
  readonly name: string
  /** NaN and infinities are kept as gaps in the curve. */
  readonly value: number
  /** Unix time, milliseconds. */
  readonly time: number
  /** Tokens that the run had processed by then, where known. */
  readonly tokens: number | null
}

const columns = 6
const rowsPerStatement = 64

export class MetricWriter {
  readonly #database: Database
  readonly #ids = new Map<string, number>()
  #sequence: number

  constructor(database: Database) {
    this.#database = database
    const rows = database.prepare('SELECT id, name FROM metric_name').all()
    for (const { id, name } of rows as { id: number; name: string }[]) this.#ids.set(name, id)
    const last = database.prepare('SELECT max(sequence) AS last FROM metric').get()
    this.#sequence = (last as { last: number | null }).last ?? 0
  }

  /** All or nothing, in one transaction. */
  write(points: readonly MetricPoint[]): void {
    transaction(this.#database, () => {
      for (let start = 0; start < points.length; start += rowsPerStatement) {
        this.#insert(points.slice(start, start + rowsPerStatement))
      }
    })
  }

  #insert(points: readonly MetricPoint[]): void {
    const parameters = points.flatMap(({ name, step, time, tokens, value }) => [
      this.#id(name),
      ++this.#sequence,
      step,
      time,
      tokens,
      Number.isFinite(value) ? value : null,
    ])
    this.#statement(points.length).run(parameters)
  }

  readonly #statements = new Map<number, ReturnType<Database['prepare']>>()

  #statement(rows: number) {
    const known = this.#statements.get(rows)
    if (known) return known
    const row = `(${Array(columns).fill('?').join(',')})`
    const made = this.#database.prepare(`INSERT INTO metric VALUES ${Array(rows).fill(row)}`)
    this.#statements.set(rows, made)
    return made
  }

  #id(name: string): number {
    const known = this.#ids.get(name)
    if (known !== undefined) return known
    const made = this.#database
      .prepare('INSERT INTO metric_name (name) VALUES (?) RETURNING id')
      .all(name)
    const { id } = at(made as { id: number }[], 0)
    this.#ids.set(name, id)
    return id
  }
}
