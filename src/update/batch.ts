// From trajectories to packed arrays. The shift by one happens here and nowhere else.

import { type Branch, tokensBefore } from '../model/attention.ts'
import { responseMask } from '../trajectory/mask.ts'
import { tokensOf } from '../trajectory/segment.ts'
import type { Trajectory } from '../trajectory/trajectory.ts'
import { prefixTree } from './prefix-tree.ts'

/** One trajectory or demonstration, as the learner reads it. */
export interface TrainingSequence {
  readonly tokens: readonly number[]
  /** One per token; one where the token is trained on. */
  readonly mask: ArrayLike<number>
}

export function trainingSequence({ segments }: Pick<Trajectory, 'segments'>): TrainingSequence {
  return { tokens: tokensOf(segments), mask: responseMask(segments) }
}

/**
 * Sequences end to end without padding, common beginnings once (prefix-tree.ts). Token i is
 * predicted by the hidden state of token i - 1, so the last token of a sequence is no input and its
 * first is no target:
 *
 *   tokens [1, 2, 3, 4], mask [0, 0, 1, 1]; tokens [5, 6], mask [0, 1]
 *   ids      [1, 2, 3, 5]     branches of 3 and 1 tokens, both roots
 *   places   [1, 2, 3]        targets [3, 4, 6]
 *   columns  [[2, 3], [1]]
 */
export interface PackedBatch {
  readonly branches: readonly Branch[]
  readonly ids: readonly number[]
  /** Of each input, counted from the beginning of its sequence. */
  readonly positions: readonly number[]
  /**
   * Index into `ids` of each input that predicts a masked token, sequence by sequence. A place that
   * several sequences share is there for each of them.
   */
  readonly places: readonly number[]
  /** The masked tokens, in the order of `places`. */
  readonly targets: readonly number[]
  /** Per sequence, where its masked tokens stand in it: index of arrays over all its tokens. */
  readonly columns: readonly (readonly number[])[]
}

export function packSequences(sequences: readonly TrainingSequence[]): PackedBatch {
  const { branches, paths } = prefixTree(sequences.map(({ tokens }) => tokens.slice(0, -1)))
  const ids: number[] = []
  const positions: number[] = []
  const starts = branches.map(({ tokens }, index) => {
    const start = ids.length
    const before = tokensBefore(branches, index)
    tokens.forEach((token, offset) => {
      ids.push(token)
      positions.push(before + offset)
    })
    return start
  })
  const places: number[] = []
  const targets: number[] = []
  const columns = sequences.map(({ tokens, mask }, index) => {
    const path = paths[index] ?? []
    const inputs = path.flatMap((branch) =>
      Array.from({ length: branches[branch]?.length ?? 0 }, (_, i) => (starts[branch] ?? 0) + i),
    )
    const trained: number[] = []
    for (let token = 1; token < tokens.length; token++) {
      if (!mask[token]) continue
      places.push(inputs[token - 1] ?? 0)
      targets.push(tokens[token] ?? 0)
      trained.push(token)
    }
    return trained
  })
  return { branches, ids, positions, places, targets, columns }
}

/**
 * Cuts sequences into micro-batches of at most `tokenBudget` packed tokens (a longer one stands
 * alone). Those with a common beginning stand together and pay for it once. Returns indices, in
 * order within each.
 */
export function microBatches(
  sequences: readonly Pick<TrainingSequence, 'tokens'>[],
  tokenBudget: number,
): number[][] {
  const tokensAt = (index: number) => sequences[index]?.tokens ?? []
  const order = [...sequences.keys()].sort((a, b) => compare(tokensAt(a), tokensAt(b)) || a - b)
  const batches: number[][] = []
  let room = 0
  let last: readonly number[] = []
  for (const index of order) {
    const tokens = tokensAt(index)
    const cost = tokens.length - firstDifference(last, tokens)
    const batch = batches.at(-1)
    if (batch && cost <= room) {
      batch.push(index)
      room -= cost
    } else {
      batches.push([index])
      room = tokenBudget - tokens.length
    }
    last = tokens
  }
  return batches.map((members) => members.sort((a, b) => a - b))
}

/** Index of the first token where the two differ, or the length of the shorter. */
function firstDifference(a: readonly number[], b: readonly number[]): number {
  const end = Math.min(a.length, b.length)
  let index = 0
  while (index < end && a[index] === b[index]) index++
  return index
}

/** As dictionaries order words. */
function compare(a: readonly number[], b: readonly number[]): number {
  const index = firstDifference(a, b)
  return (a[index] ?? -1) - (b[index] ?? -1)
}
