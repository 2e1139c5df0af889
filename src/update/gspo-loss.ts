// The policy loss of GSPO: one ratio for a whole trajectory, clipped as one.
//
// Letters: B trajectories, T tokens.

import {
  add,
  clamp,
  divide,
  exp,
  maximum,
  multiply,
  negative,
  subtract,
} from '../tensor/arithmetic.ts'
import { greater } from '../tensor/comparison.ts'
import { sum } from '../tensor/reduction.ts'
import { scope } from '../tensor/scope.ts'
import { detach } from '../tensor/transfer.ts'
import type { ClipRange, PolicyLossInput, TokenLosses } from './policy-loss.ts'

/**
 * log s = sum((new - old) m) / max(sum(m), 1) per trajectory, without gradient; per token
 * q = exp(min(new - sg(new) + log s, 10)); loss = max(-A q, -A clip(q, 1 - low, 1 + high)). [B,T]; the
 * value of q is the trajectory's, its gradient the token's. To be aggregated as the sequence mean of
 * token means. Source: Zheng et al. 2025 (arXiv 2507.18071); verl, `compute_policy_loss_gspo`.
 */
export function gspoLoss(input: PolicyLossInput, { low, high }: ClipRange): TokenLosses {
  return scope(() => {
    const now_BT = detach(input.logprobs)
    const gap_BT = multiply(subtract(now_BT, input.oldLogprobs), input.mask)
    const lengths_B1 = clamp(sum(input.mask, [1], true), 1, null)
    const sequence_B1 = divide(sum(gap_BT, [1], true), lengths_B1)
    const log_BT = add(subtract(input.logprobs, now_BT), sequence_B1)
    const ratio_BT = exp(clamp(log_BT, null, 10))
    const penalty_BT = negative(input.advantages)
    const plain_BT = multiply(penalty_BT, ratio_BT)
    const bounded_BT = multiply(penalty_BT, clamp(ratio_BT, 1 - low, 1 + high))
    return { losses: maximum(plain_BT, bounded_BT), clipped: greater(bounded_BT, plain_BT) }
  })
}
