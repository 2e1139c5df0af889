// What the critic is trained on.
//
// Letters: B trajectories, T tokens.

import { add, maximum, minimum, multiply, square, subtract } from '../tensor/arithmetic.ts'
import { greater } from '../tensor/comparison.ts'
import { scope } from '../tensor/scope.ts'
import type { Tensor } from '../tensor/tensor.ts'
import type { TokenLosses } from './policy-loss.ts'

/** Values of B trajectories, T tokens each; what stands off the mask must be finite. */
export interface ValueLossInput {
  /** [B,T], with gradient. */
  readonly values: Tensor
  /** [B,T], the critic's at the start of the update. */
  readonly oldValues: Tensor
  /** [B,T] */
  readonly returns: Tensor
}

/**
 * 1/2 max((v - R)^2, (clip(v, V - range, V + range) - R)^2). [B,T]; `range` null for no clipping.
 * Source: verl, `compute_value_loss`.
 */
export function valueLoss(input: ValueLossInput, range: number | null): TokenLosses {
  return scope(() => {
    const { values, oldValues, returns } = input
    const plain_BT = square(subtract(values, returns))
    if (range === null)
      return { losses: multiply(plain_BT, 0.5), clipped: greater(plain_BT, plain_BT) }
    const near_BT = maximum(minimum(values, add(oldValues, range)), subtract(oldValues, range))
    const bounded_BT = square(subtract(near_BT, returns))
    return {
      losses: multiply(maximum(plain_BT, bounded_BT), 0.5),
      clipped: greater(bounded_BT, plain_BT),
    }
  })
}
