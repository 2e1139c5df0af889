// Near-duplicate questions by MinHash: equal up to a few words, found without comparing all pairs.

import { createHash } from 'node:crypto'
import { questionKey } from '../data/question-key.ts'

const hashes = 128
const bands = 32
const rowsPerBand = hashes / bands
const shingleWords = 3

/**
 * Questions seen so far. The share of equal minima estimates the Jaccard similarity of two
 * questions' runs of three words (Broder 1997; standard error below 0.05); 32 bands of four let
 * pairs of similarity 0.6 meet with probability 0.99.
 */
export class NearDuplicates {
  readonly #byBand: readonly Map<string, number[]>[] = Array.from(
    { length: bands },
    () => new Map(),
  )
  readonly #signatures: Uint32Array[] = []
  readonly #ids: string[] = []

  constructor(private readonly similarity: number) {}

  /** Id of an earlier question that is as similar, or null and the question is remembered. */
  add(id: string, question: string): string | null {
    const signature = signatureOf(question)
    const keys = bandKeys(signature)
    const candidates = new Set(keys.flatMap((key, band) => this.#byBand[band]?.get(key) ?? []))
    for (const candidate of candidates) {
      const other = this.#signatures[candidate]
      if (other && similarity(signature, other) >= this.similarity) {
        return this.#ids[candidate] ?? null
      }
    }
    const index = this.#ids.push(id) - 1
    this.#signatures.push(signature)
    for (const [band, key] of keys.entries()) {
      const bucket = this.#byBand[band]?.get(key)
      if (bucket) bucket.push(index)
      else this.#byBand[band]?.set(key, [index])
    }
    return null
  }
}

/** Share of equal minima. */
export function similarity(a: Uint32Array, b: Uint32Array): number {
  let equal = 0
  for (let index = 0; index < hashes; index++) if (a[index] === b[index]) equal++
  return equal / hashes
}

/** The smallest value of each of 128 hash functions over the question's shingles. */
export function signatureOf(question: string): Uint32Array {
  const signature = new Uint32Array(hashes).fill(0xffff_ffff)
  for (const shingle of shinglesOf(question)) {
    const digest = createHash('sha1').update(shingle).digest()
    const first = digest.readUInt32LE(0)
    // Odd, so that first + i * second runs through different values (Kirsch and Mitzenmacher).
    const second = digest.readUInt32LE(4) | 1
    for (let index = 0; index < hashes; index++) {
      const value = mixed((first + Math.imul(index, second)) >>> 0)
      if (value < (signature[index] ?? 0)) signature[index] = value
    }
  }
  return signature
}

/** Murmur3's last step: makes neighbouring values unlike. */
function mixed(value: number): number {
  let hash = value ^ (value >>> 16)
  hash = Math.imul(hash, 0x85eb_ca6b)
  hash ^= hash >>> 13
  hash = Math.imul(hash, 0xc2b2_ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

function shinglesOf(question: string): readonly string[] {
  const words = wordsOf(question)
  if (words.length <= shingleWords) return [words.join(' ')]
  return words
    .slice(0, words.length - shingleWords + 1)
    .map((_, index) => words.slice(index, index + shingleWords).join(' '))
}

/** Words and numbers in order, without punctuation. */
export function wordsOf(question: string): readonly string[] {
  return questionKey(question).match(/[\p{L}\p{N}]+/gu) ?? []
}

function bandKeys(signature: Uint32Array): string[] {
  return Array.from({ length: bands }, (_, band) =>
    signature.subarray(band * rowsPerBand, (band + 1) * rowsPerBand).join(','),
  )
}
