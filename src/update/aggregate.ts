// From token losses to one number, the same however the mini-batch is cut into micro-batches.
//
// Letters: B trajectories, T tokens.

import { clamp, divide } from '../tensor/arithmetic.ts'
import { equal, maskedFill } from '../tensor/comparison.ts'
import { sum } from '../tensor/reduction.ts'
import { scope } from '../tensor/scope.ts'
import type { Tensor } from '../tensor/tensor.ts'

/** How the losses of tokens become the loss of a mini-batch. */
export type Aggregation =
  /** Every masked token of the mini-batch weighs the same. */
  | { readonly kind: 'tokenMean' }
  /** Every trajectory weighs the same; within it, every token. */
  | { readonly kind: 'sequenceMeanTokenMean' }
  /** The sums over trajectories, over how many there are. */
  | { readonly kind: 'sequenceMeanTokenSum' }
  /** The same, over a constant length (Dr.GRPO). */
  | { readonly kind: 'sequenceMeanTokenSumNorm'; readonly length: number }

/** What the denominators need to know of the whole mini-batch, all ranks and micro-batches. */
export interface MiniBatchTotals {
  /** Masked tokens. */
  readonly tokens: number
  /** Trajectories with at least one masked token. */
  readonly sequences: number
}

/**
 * The part that a micro-batch with `losses_BT` adds to the loss of its mini-batch, a scalar; the
 * parts of all micro-batches sum to the loss. `mask_BT` is float, one where a loss counts; what
 * stands off the mask is never read. Trajectories without a masked token count nowhere.
 * Source: verl, `agg_loss`.
 */
export function aggregate(
  losses_BT: Tensor,
  mask_BT: Tensor,
  aggregation: Aggregation,
  totals: MiniBatchTotals,
): Tensor {
  return scope(() => {
    const masked_BT = maskedFill(losses_BT, equal(mask_BT, 0), 0)
    switch (aggregation.kind) {
      case 'tokenMean':
        return divide(sum(masked_BT), totals.tokens)
      case 'sequenceMeanTokenSum':
        return divide(sum(masked_BT), totals.sequences)
      case 'sequenceMeanTokenSumNorm':
        return divide(sum(masked_BT), totals.sequences * aggregation.length)
      case 'sequenceMeanTokenMean': {
        const lengths_B = sum(mask_BT, [1])
        const means_B = divide(sum(masked_BT, [1]), clamp(lengths_B, 1, null))
        return divide(sum(means_B), totals.sequences)
      }
      default:
        return aggregation satisfies never
    }
  })
}
