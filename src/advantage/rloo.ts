// RLOO: reward less the mean of the group's other members.

import { baselineOf, type GroupedRewards, perTrajectory } from './grouped-rewards.ts'

/**
 * A = n / (n - 1) (R - mean), which is R less the mean of the other n - 1, the same for every token
 * that the policy wrote: [B,T], zero where the mask is zero. A group of one keeps its reward.
 *
 *   rewards [1, -1, -1, -1] of one group -> [2, -.666667, -.666667, -.666667]
 *
 * Source: Ahmadian et al. 2024 (arXiv 2402.14740); verl, `compute_rloo_outcome_advantage`.
 */
export function rloo(input: GroupedRewards): number[][] {
  return perTrajectory(input, ({ rewards }) => {
    const mean = baselineOf(rewards)
    const scale = rewards.length < 2 ? 1 : rewards.length / (rewards.length - 1)
    return rewards.map((reward) => scale * (reward - mean))
  })
}
