// Named streams of random numbers from one seed: a run repeats because nothing else is random.

import { createHash } from 'node:crypto'

/** What a checkpoint keeps of a stream: four 32-bit words of sfc32. */
export type RandomState = readonly [number, number, number, number]

/**
 * A stream of pseudo-random numbers (sfc32, period at least 2^32, passes PractRand to 16 TB).
 * Two streams of the same seed with different names are independent: the state is a digest of both.
 */
export class RandomStream {
  #a: number
  #b: number
  #c: number
  #counter: number

  private constructor(state: RandomState) {
    ;[this.#a, this.#b, this.#c, this.#counter] = state
  }

  /** The stream called `name` (for example `rollout/step-3/problem-7`) of a run's seed. */
  static named(seed: number, name: string): RandomStream {
    const digest = createHash('sha256').update(`${seed}\u0000${name}`).digest()
    const word = (index: number) => digest.readUInt32LE(index * 4)
    return new RandomStream([word(0), word(1), word(2), 1])
  }

  /** A stream that goes on where `state` was read. */
  static restore(state: RandomState): RandomStream {
    return new RandomStream(state)
  }

  /** Where the stream stands; plain JSON. */
  get state(): RandomState {
    return [this.#a, this.#b, this.#c, this.#counter]
  }

  /** A uniform 32-bit integer. */
  word(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0
    this.#counter = (this.#counter + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum
    this.#c |= 0
    return sum >>> 0
  }

  /** A uniform number in [0, 1) with 53 random bits. */
  uniform(): number {
    return ((this.word() >>> 5) * 67_108_864 + (this.word() >>> 6)) / 9_007_199_254_740_992
  }

  /** A uniform integer in [0, limit), without modulo bias that matters (limit below 2^32). */
  integer(limit: number): number {
    return Math.floor(this.uniform() * limit)
  }

  /** A standard normal number (Box and Muller). */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()))
    return radius * Math.cos(2 * Math.PI * this.uniform())
  }

  /** A shuffled copy (Fisher and Yates). */
  shuffled<T>(values: readonly T[]): T[] {
    const result = [...values]
    for (let i = result.length - 1; i > 0; i--) {
      const j = this.integer(i + 1)
      const held = result[i] as T
      result[i] = result[j] as T
      result[j] = held
    }
    return result
  }
}
