// A KL estimate as a term of the loss, token by token, with gradient.
//
// Letters: B trajectories, T tokens.

import type { KlEstimator } from '../advantage/kl-estimate.ts'
import { add, clamp, exp, multiply, negative, square, subtract } from '../tensor/arithmetic.ts'
import { scope } from '../tensor/scope.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { detach } from '../tensor/transfer.ts'

/** `straight`: the value of the estimate with the gradient of k2, which is KL's own on-policy. */
export interface KlLossOptions {
  readonly estimator: KlEstimator
  readonly straight: boolean
}

/**
 * With d = reference - new: k1 = -d, k2 = d^2 / 2, k3 = exp(d) - 1 - d with d clamped to +-20 and the
 * result to +-10. [B,T]. Source: Schulman 2020, "Approximating KL Divergence"; verl, `kl_penalty`,
 * where straight is spelled `k1+`, `k3+`.
 */
export function klLoss(
  logprobs: Tensor,
  referenceLogprobs: Tensor,
  { estimator, straight }: KlLossOptions,
): Tensor {
  return scope(() => {
    const d_BT = subtract(referenceLogprobs, logprobs)
    const value_BT = klOf(estimator, d_BT)
    if (!straight || estimator === 'k2') return value_BT
    const way_BT = klOf('k2', d_BT)
    return add(subtract(way_BT, detach(way_BT)), detach(value_BT))
  })
}

/** The estimate of differences d = reference - new. */
export function klOf(estimator: KlEstimator, d_BT: Tensor): Tensor {
  switch (estimator) {
    case 'k1':
      return negative(d_BT)
    case 'k2':
      return multiply(square(d_BT), 0.5)
    case 'k3': {
      const clamped_BT = clamp(d_BT, -20, 20)
      return clamp(subtract(subtract(exp(clamped_BT), clamped_BT), 1), -10, 10)
    }
    default:
      return estimator satisfies never
  }
}
