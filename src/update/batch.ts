// From trajectories to packed arrays. The shift by one happens here and nowhere else.

import { responseMask } from '../trajectory/mask.ts'
import { tokensOf } from '../trajectory/segment.ts'
import type { Trajectory } from '../trajectory/trajectory.ts'

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
 * Sequences end to end without padding. Token i is predicted by the hidden state of token i - 1, so
 * the last token of a sequence is no input and its first is no target:
 *
 *   tokens [1, 2, 3, 4], mask [0, 0, 1, 1]; tokens [5, 6], mask [0, 1]
 *   ids     [1, 2, 3, 5]     lengths [3, 1]
 *   places  [1, 2, 3]        targets [3, 4, 6]
 *   columns [[2, 3], [1]]
 */
export interface PackedBatch {
  /** Input tokens of each sequence, one less than its tokens. */
  readonly lengths: readonly number[]
  readonly ids: readonly number[]
  /** Index into `ids` of each input that predicts a masked token. */
  readonly places: readonly number[]
  /** The masked tokens, in the order of `places`. */
  readonly targets: readonly number[]
  /** Per sequence, where its masked tokens stand in it: index of arrays over all its tokens. */
  readonly columns: readonly (readonly number[])[]
}

export function packSequences(sequences: readonly TrainingSequence[]): PackedBatch {
  const lengths: number[] = []
  const ids: number[] = []
  const places: number[] = []
  const targets: number[] = []
  const columns = sequences.map(({ tokens, mask }) => {
    const start = ids.length
    const trained: number[] = []
    for (let token = 1; token < tokens.length; token++) {
      ids.push(tokens[token - 1] ?? 0)
      if (!mask[token]) continue
      places.push(start + token - 1)
      targets.push(tokens[token] ?? 0)
      trained.push(token)
    }
    lengths.push(ids.length - start)
    return trained
  })
  const used = lengths.filter((length) => length > 0)
  return { lengths: used, ids, places, targets, columns }
}

/**
 * Cuts sequences into micro-batches of at most `tokenBudget` tokens (a longer one stands alone):
 * longest first, each into the first micro-batch with room. Returns indices, in order within each.
 */
export function microBatches(lengths: readonly number[], tokenBudget: number): number[][] {
  const order = lengths.map((_, index) => index)
  order.sort((a, b) => (lengths[b] ?? 0) - (lengths[a] ?? 0) || a - b)
  const bins: { room: number; members: number[] }[] = []
  for (const index of order) {
    const length = lengths[index] ?? 0
    const bin = bins.find(({ room }) => room >= length)
    if (bin) {
      bin.room -= length
      bin.members.push(index)
    } else bins.push({ room: tokenBudget - length, members: [index] })
  }
  return bins.map(({ members }) => members.sort((a, b) => a - b))
}
