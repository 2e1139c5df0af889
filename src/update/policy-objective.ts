// What a policy is trained on, composed from the loss functions by configuration.
//
// Letters: B trajectories, T tokens.

import { add, multiply, negative } from '../tensor/arithmetic.ts'
import { greater } from '../tensor/comparison.ts'
import { sum } from '../tensor/reduction.ts'
import { scope } from '../tensor/scope.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { detach, item, toDtype } from '../tensor/transfer.ts'
import { type Aggregation, aggregate, type MiniBatchTotals } from './aggregate.ts'
import { cispoLoss } from './cispo-loss.ts'
import { gspoLoss } from './gspo-loss.ts'
import { type KlLossOptions, klLoss } from './kl-loss.ts'
import { policyGradientLoss } from './policy-gradient-loss.ts'
import {
  type ClipRange,
  type PolicyLossInput,
  policyLoss,
  policyLossDefaults,
  ratio,
  type TokenLosses,
} from './policy-loss.ts'

export type PolicyLossKind =
  | { readonly kind: 'clipped'; readonly clipRange: ClipRange; readonly dualClip: number | null }
  | { readonly kind: 'gspo' | 'cispo'; readonly clipRange: ClipRange }
  | { readonly kind: 'policyGradient' }

export interface PolicyObjective {
  readonly loss: PolicyLossKind
  readonly aggregation: Aggregation
  /** A KL estimate to the reference policy, times its coefficient, added to the loss. */
  readonly kl: (KlLossOptions & { readonly coefficient: number }) | null
  /** Times the mean entropy, taken off the loss. */
  readonly entropyBonus: number
}

export const policyObjectiveDefaults: PolicyObjective = {
  loss: { kind: 'clipped', ...policyLossDefaults },
  aggregation: { kind: 'tokenMean' },
  kl: null,
  entropyBonus: 0,
}

export interface ObjectiveInput extends PolicyLossInput {
  /** [B,T], float; sampler correction. */
  readonly weights: Tensor | null
  /** [B,T]; needed for a KL term. */
  readonly referenceLogprobs: Tensor | null
  /** [B,T], with gradient; needed for an entropy bonus. */
  readonly entropy: Tensor | null
}

/** Sums over masked tokens, so that micro-batches add up. */
export interface ObjectiveSums {
  readonly loss: number
  readonly clipped: number
  readonly ratio: number
  readonly kl: number
}

/** The part of the mini-batch's loss that this micro-batch brings, a scalar, and its sums. */
export function policyObjective(
  input: ObjectiveInput,
  objective: PolicyObjective,
  totals: MiniBatchTotals,
): { readonly loss: Tensor; readonly sums: ObjectiveSums } {
  return scope(() => {
    const { mask } = input
    const part = (losses_BT: Tensor) => aggregate(losses_BT, mask, objective.aggregation, totals)
    const { losses, clipped } = tokenLosses(input, objective.loss)
    let loss = part(input.weights ? multiply(losses, input.weights) : losses)
    let kl = 0
    if (objective.kl) {
      if (!input.referenceLogprobs) throw new Error('defect: a KL term without a reference')
      const kl_BT = klLoss(input.logprobs, input.referenceLogprobs, objective.kl)
      kl = item(sum(multiply(detach(kl_BT), mask)))
      loss = add(loss, multiply(part(kl_BT), objective.kl.coefficient))
    }
    if (objective.entropyBonus !== 0) {
      if (!input.entropy) throw new Error('defect: an entropy bonus without entropy')
      loss = add(loss, multiply(negative(part(input.entropy)), objective.entropyBonus))
    }
    const ratio_BT = ratio(detach(input.logprobs), input.oldLogprobs)
    const masked = (table: Tensor) => item(sum(multiply(table, mask)))
    const sums = {
      loss: item(loss),
      clipped: masked(toDtype(clipped, 'float32')),
      ratio: masked(ratio_BT),
      kl,
    }
    return { loss, sums }
  })
}

function tokenLosses(input: PolicyLossInput, loss: PolicyLossKind): TokenLosses {
  switch (loss.kind) {
    case 'clipped':
      return policyLoss(input, loss)
    case 'gspo':
      return gspoLoss(input, loss.clipRange)
    case 'cispo':
      return cispoLoss(input, loss.clipRange)
    case 'policyGradient': {
      const losses = policyGradientLoss(input.logprobs, input.advantages)
      return { losses, clipped: greater(input.mask, input.mask) }
    }
    default:
      return loss satisfies never
  }
}
