// GRPO: reward less the group's mean, over the group's spread.

import { baselineOf, type GroupedRewards, perTrajectory } from './grouped-rewards.ts'

/**
 * A = (R - mean) / (std + 1e-6) with the group's unbiased standard deviation (n - 1), the same for
 * every token that the policy wrote: [B,T], zero where the mask is zero. A group of one has mean 0
 * and deviation 1.
 *
 *   rewards [1, -1, -1, 1] of one group -> [.866025, -.866025, -.866025, .866025]
 *
 * Source: Shao et al. 2024 (arXiv 2402.03300); verl, `compute_grpo_outcome_advantage`.
 */
export function groupRelative(input: GroupedRewards): number[][] {
  return perTrajectory(input, ({ rewards }) => {
    const mean = baselineOf(rewards)
    const deviation = rewards.length < 2 ? 1 : standardDeviation(rewards, mean)
    return rewards.map((reward) => (reward - mean) / (deviation + 1e-6))
  })
}

function standardDeviation(values: readonly number[], mean: number): number {
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  return Math.sqrt(squares / (values.length - 1))
}
