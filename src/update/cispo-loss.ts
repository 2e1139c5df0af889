// The policy loss of CISPO: the ratio is clipped but every token keeps its gradient.
//
// Letters: B trajectories, T tokens.

import { clamp, multiply, negative } from '../tensor/arithmetic.ts'
import { notEqual } from '../tensor/comparison.ts'
import { scope } from '../tensor/scope.ts'
import { detach } from '../tensor/transfer.ts'
import { type ClipRange, type PolicyLossInput, ratio, type TokenLosses } from './policy-loss.ts'

/**
 * loss = -sg(clip(r, 1 - low, 1 + high)) A new, with r = exp(clamp(new - old, +-20)). [B,T]. Source:
 * MiniMax 2025 (arXiv 2506.13585); verl, `compute_policy_loss_cispo`.
 */
export function cispoLoss(input: PolicyLossInput, { low, high }: ClipRange): TokenLosses {
  return scope(() => {
    const ratio_BT = ratio(detach(input.logprobs), input.oldLogprobs)
    const bounded_BT = clamp(ratio_BT, 1 - low, 1 + high)
    const weight_BT = multiply(negative(bounded_BT), input.advantages)
    return {
      losses: multiply(weight_BT, input.logprobs),
      clipped: notEqual(ratio_BT, bounded_BT),
    }
  })
}
