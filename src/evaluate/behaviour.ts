// The paper's behaviour metrics (Feng et al. 2025, Fig. 3 to 6) over attempts.

import type { AttemptRecord } from './attempt-record.ts'
import { correctedItself } from './attempt-record.ts'
import type { CodePurpose } from './code-purpose.ts'

/** Shares and means are null where there is nothing to divide by. */
export interface Behaviour {
  /** Mean tokens of a response; null where tokens are not known. */
  readonly responseLength: number | null
  /** Share of responses with at least one snippet. */
  readonly codeRatio: number | null
  /** Mean lines of code of a response that has code. */
  readonly codeLines: number | null
  /** Snippets that ran without error. */
  readonly correctCodeCount: number
  /** Share of responses whose last snippet ran: of all with code, of the right, of the wrong. */
  readonly codePassRate: number | null
  readonly codePassRateRight: number | null
  readonly codePassRateWrong: number | null
  /** Mean place of the first snippet's code in its response, from 0 to 1. */
  readonly invocationTiming: number | null
  /** Snippets a response. */
  readonly callsPerResponse: number | null
  /** Responses in which a snippet failed, and those of them that mended it. */
  readonly withErrors: number
  readonly selfCorrections: number
  /** Snippets by purpose; purposes without any are left out. */
  readonly purposes: Readonly<Partial<Record<CodePurpose, number>>>
  /** Responses by why they ended. */
  readonly stops: Readonly<Record<string, number>>
}

/** A mean that adds up value by value. */
class Mean {
  #sum = 0
  #count = 0

  add(value: number | boolean): void {
    this.#sum += Number(value)
    this.#count++
  }

  get value(): number | null {
    return this.#count === 0 ? null : this.#sum / this.#count
  }
}

/** Adds up attempt by attempt, with a memory that does not grow. Unjudged attempts do not count. */
export class BehaviourTally {
  readonly #length = new Mean()
  readonly #withCode = new Mean()
  readonly #lines = new Mean()
  readonly #calls = new Mean()
  readonly #timing = new Mean()
  readonly #passed = { all: new Mean(), right: new Mean(), wrong: new Mean() }
  readonly #purposes = new Map<CodePurpose, number>()
  readonly #stops = new Map<string, number>()
  #correctCode = 0
  #withErrors = 0
  #corrected = 0

  add({ correct, tokens, snippets, stop }: AttemptRecord): void {
    if (correct === null) return
    if (tokens !== null) this.#length.add(tokens)
    this.#withCode.add(snippets.length > 0)
    this.#calls.add(snippets.length)
    count(this.#stops, stop)
    for (const { ok, purpose } of snippets) {
      if (ok) this.#correctCode++
      count(this.#purposes, purpose)
    }
    const [first] = snippets
    const last = snippets.at(-1)
    if (!first || !last) return
    this.#lines.add(snippets.reduce((sum, { lines }) => sum + lines, 0))
    this.#timing.add(first.startsAt)
    this.#passed.all.add(last.ok)
    this.#passed[correct ? 'right' : 'wrong'].add(last.ok)
    if (snippets.some(({ ok }) => !ok)) this.#withErrors++
    if (correctedItself(snippets)) this.#corrected++
  }

  behaviour(): Behaviour {
    return {
      responseLength: this.#length.value,
      codeRatio: this.#withCode.value,
      codeLines: this.#lines.value,
      correctCodeCount: this.#correctCode,
      codePassRate: this.#passed.all.value,
      codePassRateRight: this.#passed.right.value,
      codePassRateWrong: this.#passed.wrong.value,
      invocationTiming: this.#timing.value,
      callsPerResponse: this.#calls.value,
      withErrors: this.#withErrors,
      selfCorrections: this.#corrected,
      purposes: Object.fromEntries(this.#purposes),
      stops: Object.fromEntries(this.#stops),
    }
  }
}

/** The metrics of a set of attempts. */
export function behaviourOf(records: Iterable<AttemptRecord>): Behaviour {
  const tally = new BehaviourTally()
  for (const record of records) tally.add(record)
  return tally.behaviour()
}

function count<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}
