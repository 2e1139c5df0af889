// Problems of one source, one after the other, for ever.

import { RandomStream } from '../base/random.ts'
import { BadRows } from '../data/bad-rows.ts'
import type { Problem } from '../data/problem.ts'
import type { ProblemSource } from '../data/problem-source.ts'
import {
  ProblemStream,
  readProblems,
  type StreamSettings,
  type StreamState,
} from '../data/problem-stream.ts'

export interface ProblemSupply {
  readonly name: string
  next(): Promise<Problem>
  /** Its position, plain JSON. */
  readonly state: unknown
  /** Goes to a position. Throws UserError where its problems are no longer those. */
  restore(state: unknown): Promise<void>
  /** How many there are, counted no further than `most`. */
  count(most: number): Promise<number>
  close(): Promise<void>
}

/** Says what was left out and why, one line each. */
export type Tell = (message: string) => void

export function tellLeftOut(name: string, badRows: BadRows, tell: Tell): void {
  for (const { reason, count, examples } of badRows.summary()) {
    tell(`${name}: ${count} rows left out: ${reason} (${examples[0]})`)
  }
}

/** One supply for each source that problems in memory name; each has an order of its own. */
export function listSupplies(problems: readonly Problem[], seed: number): ProblemSupply[] {
  const names = [...new Set(problems.map(({ source }) => source))].sort()
  return names.map((name) => {
    const own = problems.filter(({ source }) => source === name)
    return new ListSupply(name, own, seed)
  })
}

/**
 * A source that is read as problems are asked for, with only the shuffle's buffer in memory. Tells
 * what was left out when it is closed.
 */
export function streamSupply(
  source: ProblemSource,
  settings: StreamSettings,
  tell: Tell,
): ProblemSupply {
  return new StreamSupply(source, settings, tell)
}

/** Begins anew in another order once it is used up. */
class ListSupply implements ProblemSupply {
  #used = 0
  #order: readonly Problem[] = []
  #orderOf = -1

  constructor(
    readonly name: string,
    private readonly problems: readonly Problem[],
    private readonly seed: number,
  ) {}

  get state(): { readonly used: number } {
    return { used: this.#used }
  }

  async restore(state: unknown): Promise<void> {
    this.#used = (state as { used: number }).used
  }

  async next(): Promise<Problem> {
    const round = Math.floor(this.#used / this.problems.length)
    if (round !== this.#orderOf) {
      const random = RandomStream.named(this.seed, `order/${this.name}/${round}`)
      this.#order = random.shuffled(this.problems)
      this.#orderOf = round
    }
    return this.#order[this.#used++ % this.problems.length] as Problem
  }

  async count(): Promise<number> {
    return this.problems.length
  }

  async close(): Promise<void> {}
}

class StreamSupply implements ProblemSupply {
  #stream: ProblemStream | undefined

  constructor(
    private readonly source: ProblemSource,
    private readonly settings: StreamSettings,
    private readonly tell: Tell,
  ) {}

  get name(): string {
    return this.source.name
  }

  /** Null before the first problem. */
  get state(): StreamState | null {
    return this.#stream?.state ?? null
  }

  async restore(state: unknown): Promise<void> {
    await this.close()
    if (state === null) return
    this.#stream = await ProblemStream.open(this.source, this.settings, state as StreamState)
  }

  async next(): Promise<Problem> {
    this.#stream ??= await ProblemStream.open(this.source, this.settings)
    return await this.#stream.next()
  }

  async count(most: number): Promise<number> {
    let count = 0
    for await (const _ of readProblems(this.source, new BadRows('skip'))) {
      if (++count === most) break
    }
    return count
  }

  async close(): Promise<void> {
    if (this.#stream) tellLeftOut(this.name, this.#stream.badRows, this.tell)
    await this.#stream?.close()
    this.#stream = undefined
  }
}
