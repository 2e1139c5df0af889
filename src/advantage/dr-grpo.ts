// Dr.GRPO: reward less the group's mean, without the division that favours easy and hard problems.

import { baselineOf, type GroupedRewards, perTrajectory } from './grouped-rewards.ts'

/**
 * A = R - mean of the group, the same for every token that the policy wrote: [B,T], zero where the
 * mask is zero. A group of one keeps its reward. Belongs with the aggregation that divides by a
 * constant length.
 *
 *   rewards [1, -1, -1, -1] of one group -> [1.5, -.5, -.5, -.5]
 *
 * Source: Liu et al. 2025 (arXiv 2503.20783).
 */
export function drGrpo(input: GroupedRewards): number[][] {
  return perTrajectory(input, ({ rewards }) => {
    const mean = baselineOf(rewards)
    return rewards.map((reward) => reward - mean)
  })
}
