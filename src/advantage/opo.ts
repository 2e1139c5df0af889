// OPO: reward less the group's mean weighted by length, the baseline of least variance.

import { type GroupedRewards, perTrajectory } from './grouped-rewards.ts'

/**
 * A = R - sum(l R) / sum(l) over the group, with l the number of tokens that the policy wrote; the
 * same for each of them: [B,T], zero where the mask is zero. A group of one keeps its reward.
 *
 *   rewards [1, -1] with lengths [1, 3]: the baseline is -.5 -> [1.5, -.5]
 *
 * Source: Hao et al. 2025 (arXiv 2505.23585); verl, `compute_opo_outcome_advantage`.
 */
export function opo(input: GroupedRewards): number[][] {
  const lengths = input.mask.map((row) => Array.from(row).reduce((sum, one) => sum + one, 0))
  return perTrajectory(input, ({ rows, rewards }) => {
    if (rewards.length < 2) return rewards
    const weights = rows.map((row) => lengths[row] ?? 0)
    const total = weights.reduce((sum, weight) => sum + weight, 0)
    const weighted = rewards.reduce((sum, reward, i) => sum + reward * (weights[i] ?? 0), 0)
    const baseline = total === 0 ? 0 : weighted / total
    return rewards.map((reward) => reward - baseline)
  })
}
