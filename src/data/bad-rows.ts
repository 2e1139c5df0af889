// The account of rows that became no problem: counted by reason, the first few named.

import { UserError } from '../base/errors.ts'
import type { ProblemRow } from './problem-of-row.ts'
import type { BadRowReason } from './row.ts'

type BadRow = Extract<ProblemRow, { kind: 'bad' }>

/** `skip` counts and goes on; `refuse` throws at the first. */
export type BadRowPolicy = 'skip' | 'refuse'

const examplesKept = 3

/** Counts by reason with the first examples, as `train.jsonl:17: no answer (column answer)`. */
export class BadRows {
  readonly #counts = new Map<BadRowReason, number>()
  readonly #examples = new Map<BadRowReason, string[]>()

  constructor(private readonly policy: BadRowPolicy) {}

  get total(): number {
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0)
  }

  /** Throws UserError under `refuse`. */
  add(row: BadRow): void {
    if (this.policy === 'refuse') {
      throw new UserError(`${describe(row)}; mend the row, or let bad rows be skipped`)
    }
    this.#counts.set(row.reason, (this.#counts.get(row.reason) ?? 0) + 1)
    const examples = this.#examples.get(row.reason) ?? []
    if (examples.length < examplesKept) this.#examples.set(row.reason, [...examples, describe(row)])
  }

  /** Most frequent reason first. */
  summary(): readonly { reason: BadRowReason; count: number; examples: readonly string[] }[] {
    return [...this.#counts]
      .map(([reason, count]) => ({ reason, count, examples: this.#examples.get(reason) ?? [] }))
      .sort((a, b) => b.count - a.count || a.reason.localeCompare(b.reason))
  }
}

function describe({ file, line, reason, detail }: BadRow): string {
  return `${file}:${line}: ${reason}${detail === '' ? '' : ` (${detail})`}`
}
