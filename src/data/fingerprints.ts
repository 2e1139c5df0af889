// A set of 64-bit fingerprints of texts in flat memory, with a bound: 10 million questions take
// 128 MB, and no more than that is ever taken.

import { createHash } from 'node:crypto'

/** Enough for 11.7 million texts, in 128 MB. */
const defaultMostSlots = 2 ** 24
const largestLoad = 0.7

/** Two different texts share a fingerprint once in 10^5 sets of 10 million. */
export class Fingerprints {
  /** Two words a slot; a slot of zeros is empty. */
  #words = new Uint32Array(2 * 1_024)
  #size = 0

  /** Beyond `mostSlots`, a power of two, the set stops growing; see `isFull`. */
  constructor(private readonly mostSlots: number = defaultMostSlots) {}

  get size(): number {
    return this.#size
  }

  /** Whether later texts are no longer remembered. */
  get isFull(): boolean {
    return this.#slots >= this.mostSlots && this.#size >= this.#slots * largestLoad
  }

  /** Memory of the set, bytes. */
  get bytes(): number {
    return this.#words.byteLength
  }

  get #slots(): number {
    return this.#words.length / 2
  }

  /** Remembers the text; true where it was there already. */
  add(text: string): boolean {
    const digest = createHash('sha1').update(text).digest()
    const low = digest.readUInt32LE(0)
    // Never both zero: that marks an empty slot.
    const high = digest.readUInt32LE(4) || 1
    const slot = this.#find(low, high)
    if (this.#words[2 * slot + 1] !== 0) return true
    if (this.isFull) return false
    this.#words[2 * slot] = low
    this.#words[2 * slot + 1] = high
    this.#size++
    if (this.#size > this.#slots * largestLoad && this.#slots < this.mostSlots) this.#grow()
    return false
  }

  /** The slot that holds the words, or the empty one where they belong. */
  #find(low: number, high: number): number {
    const mask = this.#slots - 1
    let slot = low & mask
    while (this.#words[2 * slot + 1] !== 0) {
      if (this.#words[2 * slot] === low && this.#words[2 * slot + 1] === high) break
      slot = (slot + 1) & mask
    }
    return slot
  }

  #grow(): void {
    const old = this.#words
    this.#words = new Uint32Array(2 * old.length)
    for (let slot = 0; slot < old.length / 2; slot++) {
      const low = old[2 * slot] ?? 0
      const high = old[2 * slot + 1] ?? 0
      if (high === 0) continue
      const place = this.#find(low, high)
      this.#words[2 * place] = low
      this.#words[2 * place + 1] = high
    }
  }
}
