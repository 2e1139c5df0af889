// The plain policy gradient: no ratio, no clipping.
//
// Letters: B trajectories, T tokens.

import { multiply, negative } from '../tensor/arithmetic.ts'
import { scope } from '../tensor/scope.ts'
import type { Tensor } from '../tensor/tensor.ts'

/**
 * loss = -A new. [B,T], with the gradient of REINFORCE. Source: Williams 1992; verl,
 * `compute_policy_loss_reinforce`.
 */
export function policyGradientLoss(logprobs: Tensor, advantages: Tensor): Tensor {
  return scope(() => multiply(negative(advantages), logprobs))
}
