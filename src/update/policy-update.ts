// What decides the update of a policy on a batch of credited trajectories.

import type { RandomStream } from '../base/random.ts'
import type { Correction } from './correction.ts'
import { type PolicyObjective, policyObjectiveDefaults } from './policy-objective.ts'

export interface PolicyUpdateOptions {
  readonly objective: PolicyObjective
  readonly correction: Correction
  /** Times through the batch. */
  readonly passes: number
  /** Trajectories behind one optimizer step; null for all of the batch. */
  readonly miniBatchSize: number | null
  /** The temperature that the tokens were sampled at. */
  readonly temperature: number
  /** `rollout` saves a forward and takes the engine's log-probs for the old ones. */
  readonly oldLogprobs: 'recomputed' | 'rollout'
}

export const policyUpdateDefaults: PolicyUpdateOptions = {
  objective: policyObjectiveDefaults,
  correction: { kind: 'none' },
  passes: 1,
  miniBatchSize: null,
  temperature: 1,
  oldLogprobs: 'recomputed',
}

/**
 * The trajectories of each optimizer step, as indices: every pass shuffles the batch anew, unless
 * there is only one mini-batch, whose order decides nothing.
 */
export function miniBatches(
  count: number,
  { passes, miniBatchSize }: Pick<PolicyUpdateOptions, 'passes' | 'miniBatchSize'>,
  shuffle: RandomStream,
): number[][] {
  const size = miniBatchSize ?? count
  const all = Array.from({ length: count }, (_, index) => index)
  return Array.from({ length: passes }, () => {
    const order = size >= count ? all : shuffle.shuffled(all)
    return Array.from({ length: Math.ceil(count / size) }, (_, index) =>
      order.slice(index * size, (index + 1) * size),
    )
  }).flat()
}
