// The policy loss of PPO, GRPO and DAPO: a clipped ratio, with its own bounds for low and high.
//
// Letters: B trajectories, T tokens.

import { clamp, exp, maximum, minimum, multiply, negative, subtract } from '../tensor/arithmetic.ts'
import { greater, less, where } from '../tensor/comparison.ts'
import { scope } from '../tensor/scope.ts'
import type { Tensor } from '../tensor/tensor.ts'

/** Log-probs of the tokens that are there; what stands where the mask is zero must be finite. */
export interface PolicyLossInput {
  /** [B,T], with gradient. */
  readonly logprobs: Tensor
  /** [B,T], of the policy at the start of the update. */
  readonly oldLogprobs: Tensor
  /** [B,T] */
  readonly advantages: Tensor
  /** [B,T], float; one where the policy wrote the token. */
  readonly mask: Tensor
}

/** The ratio counts only within 1 - low ... 1 + high. */
export interface ClipRange {
  readonly low: number
  readonly high: number
}

/** What every policy loss gives. */
export interface TokenLosses {
  /** [B,T], with gradient; to be masked and aggregated. */
  readonly losses: Tensor
  /** [B,T], bool; where a clipped term was the one that counted. */
  readonly clipped: Tensor
}

/** The bounds of the clipped loss. */
export interface PolicyLossOptions {
  readonly clipRange: ClipRange
  /** For A < 0 the loss is at most `dualClip` times -A; above 1, or null for no bound. */
  readonly dualClip: number | null
}

/** The paper is silent; these are DAPO's range and verl's bound. */
export const policyLossDefaults: PolicyLossOptions = {
  clipRange: { low: 0.2, high: 0.28 },
  dualClip: 3,
}

/**
 * r = exp(clamp(new - old, +-20)); loss = max(-A r, -A clip(r, 1 - low, 1 + high)); where A < 0 it is
 * at most -A c. [B,T].
 *
 *   old [-1, -2, -3], new [-.8, -2.5, -1.5], A = -1, clip .2/.28, c 3: losses [1.2214, .8, 3]
 *
 * Source: Schulman et al. 2017 (arXiv 1707.06347); dual clip: Ye et al. 2020 (arXiv 1912.09729);
 * verl, `compute_policy_loss_vanilla`.
 */
export function policyLoss(input: PolicyLossInput, options: PolicyLossOptions): TokenLosses {
  const { low, high } = options.clipRange
  return scope(() => {
    const ratio_BT = ratio(input.logprobs, input.oldLogprobs)
    const penalty_BT = negative(input.advantages)
    const plain_BT = multiply(penalty_BT, ratio_BT)
    const bounded_BT = multiply(penalty_BT, clamp(ratio_BT, 1 - low, 1 + high))
    const losses_BT = maximum(plain_BT, bounded_BT)
    const clipped_BT = greater(bounded_BT, plain_BT)
    if (options.dualClip === null) return { losses: losses_BT, clipped: clipped_BT }
    const most_BT = multiply(penalty_BT, options.dualClip)
    const dual_BT = where(less(input.advantages, 0), minimum(most_BT, losses_BT), losses_BT)
    return { losses: dual_BT, clipped: clipped_BT }
  })
}

/** exp(clamp(new - old, +-20)), [B,T]. */
export function ratio(logprobs: Tensor, oldLogprobs: Tensor): Tensor {
  return exp(clamp(subtract(logprobs, oldLogprobs), -20, 20))
}
