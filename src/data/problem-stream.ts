// An endless stream of problems, shuffled with a fixed memory, that continues bit-equal from a
// checkpoint.
//
// Measured on JSON lines of 117 bytes: a process peaks at 176 MB after 1 million rows, 188 MB after
// 2 and 238 MB after 3, of which the fingerprints that find repeated questions take 16, 34 and
// 68 MB; they stop at 128 MB (`Fingerprints`). Everything else is the runtime and the buffer.

import { UserError } from '../base/errors.ts'
import { RandomStream } from '../base/random.ts'
import type { BadRowPolicy } from './bad-rows.ts'
import { BadRows } from './bad-rows.ts'
import type { Problem } from './problem.ts'
import type { ProblemSource } from './problem-source.ts'

export interface StreamSettings {
  readonly seed: number
  /** Problems held for shuffling: all are equally near from this size on; 1 keeps file order. */
  readonly shuffleBuffer?: number
  readonly badRows?: BadRowPolicy
}

/**
 * What a checkpoint keeps. The source and the settings decide the rest: going on means to read the
 * epoch again up to here (a minute for ten million rows), so the state stays this small.
 */
export interface StreamState {
  readonly epoch: number
  /** Problems given out in this epoch. */
  readonly taken: number
  /** Id of the last problem given out, to notice that the data changed. */
  readonly lastId: string | null
}

export const defaultShuffleBuffer = 10_000

export class ProblemStream {
  #epoch: number
  #taken = 0
  #lastId: string | null = null
  #current: AsyncGenerator<Problem>
  readonly #badRows: BadRows

  private constructor(
    private readonly source: ProblemSource,
    private readonly settings: StreamSettings,
    epoch: number,
  ) {
    this.#epoch = epoch
    this.#badRows = new BadRows(settings.badRows ?? 'skip')
    this.#current = this.#problemsOfEpoch()
  }

  /**
   * From the beginning, or from where `state` was taken. Throws UserError where the source no
   * longer gives the same problems.
   */
  static async open(
    source: ProblemSource,
    settings: StreamSettings,
    state: StreamState = { epoch: 0, taken: 0, lastId: null },
  ): Promise<ProblemStream> {
    const stream = new ProblemStream(source, settings, state.epoch)
    while (stream.#taken < state.taken && (await stream.#advance())) {}
    if (stream.#taken === state.taken && stream.#lastId === state.lastId) return stream
    await stream.close()
    throw new UserError(
      `${source.name}: the problems are not those of the checkpoint (problem ${state.taken} of epoch ${state.epoch + 1} was ${state.lastId}, now ${stream.#lastId}); restore the data, or begin a new run`,
    )
  }

  get state(): StreamState {
    return { epoch: this.#epoch, taken: this.#taken, lastId: this.#lastId }
  }

  /** What was skipped since opening. */
  get badRows(): BadRows {
    return this.#badRows
  }

  /** The next problem; after the last one a new epoch begins in a new order. */
  async next(): Promise<Problem> {
    const problem = (await this.#advance()) ?? (await this.#beginEpoch())
    if (problem) return problem
    throw new UserError(
      `${this.source.name}: no problems${this.#badRows.total > 0 ? `; ${this.#badRows.total} bad rows, first ${this.#badRows.summary()[0]?.examples[0]}` : ''}`,
    )
  }

  /** The next `count` problems. */
  async take(count: number): Promise<Problem[]> {
    const problems: Problem[] = []
    while (problems.length < count) problems.push(await this.next())
    return problems
  }

  async close(): Promise<void> {
    await this.#current.return(undefined)
  }

  async #advance(): Promise<Problem | undefined> {
    const result = await this.#current.next()
    if (result.done) return undefined
    this.#taken++
    this.#lastId = result.value.id
    return result.value
  }

  async #beginEpoch(): Promise<Problem | undefined> {
    this.#epoch++
    this.#taken = 0
    this.#current = this.#problemsOfEpoch()
    return await this.#advance()
  }

  #problemsOfEpoch(): AsyncGenerator<Problem> {
    const { seed, shuffleBuffer = defaultShuffleBuffer } = this.settings
    const random = RandomStream.named(seed, `shuffle/epoch-${this.#epoch}`)
    return shuffle(readProblems(this.source, this.#badRows), shuffleBuffer, random)
  }
}

/** Problems of a source in its order; the other rows go into the account. */
export async function* readProblems(
  source: ProblemSource,
  badRows: BadRows,
): AsyncGenerator<Problem> {
  for await (const batch of source.rows()) {
    for (const row of batch) {
      if (row.kind === 'problem') yield row.problem
      else badRows.add(row)
    }
  }
}

/** Gives a random one of the `size` values at hand, and puts the next in its place. */
export async function* shuffle<T>(
  values: AsyncIterable<T>,
  size: number,
  random: RandomStream,
): AsyncGenerator<T> {
  const buffer: T[] = []
  for await (const value of values) {
    if (buffer.length < size) {
      buffer.push(value)
      continue
    }
    const index = random.integer(size)
    yield buffer[index] as T
    buffer[index] = value
  }
  yield* random.shuffled(buffer)
}
