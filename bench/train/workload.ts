// What both sides train on.

import { RandomStream } from '../../src/base/random.ts'
import type { TrainingSequence } from '../../src/update/batch.ts'

/** A sequence whose first `context` tokens have no loss. */
export interface BenchSequence {
  readonly tokens: readonly number[]
  readonly context: number
}

/** Question and solution of the first 32 training rows of GSM8K, in SmolLM2's tokens. */
// biome-ignore format: one row of a table after another
const lengths: readonly (readonly [number, number])[] = [
  [39, 61], [34, 66], [61, 103], [56, 130], [27, 77], [65, 168], [62, 90], [107, 117],
  [112, 140], [68, 368], [76, 148], [95, 153], [41, 92], [71, 90], [31, 79], [70, 218],
  [56, 130], [80, 235], [64, 144], [64, 120], [73, 89], [50, 129], [63, 90], [57, 154],
  [81, 66], [94, 151], [53, 95], [87, 226], [50, 70], [55, 209], [59, 142], [64, 145],
]

/** Every token but the first is trained on. */
export function evenBatch(count: number, length: number): BenchSequence[] {
  const random = RandomStream.named(1, 'even')
  return Array.from({ length: count }, () => ({ tokens: tokens(random, length), context: 1 }))
}

/** Questions without loss, solutions with it, of the lengths that real ones have. */
export function mixedBatch(): BenchSequence[] {
  const random = RandomStream.named(2, 'mixed')
  return lengths.map(([context, own]) => ({ tokens: tokens(random, context + own), context }))
}

function tokens(random: RandomStream, length: number): number[] {
  return Array.from({ length }, () => 100 + random.integer(40_000))
}

export function trainingSequenceOf({ tokens, context }: BenchSequence): TrainingSequence {
  return { tokens, mask: tokens.map((_, index) => Number(index >= context)) }
}

/** One group of trajectories each. */
export const questions: readonly string[] = [
  'A baker sells 14 loaves in the morning and three times as many in the afternoon. Each loaf costs 4 dollars. How much money does the baker take in on that day?',
  'Lena reads 25 pages a day from Monday to Friday and 40 pages on each day of the weekend. How many weeks does she need for a book of 615 pages?',
  'A tank holds 360 litres. One pipe fills it in 6 hours, another empties it in 9 hours. With both open, how many litres are in the tank after 4 hours?',
  'Tickets cost 12 euros for adults and 7 euros for children. A group of 20 people pays 190 euros. How many children are in the group?',
]
