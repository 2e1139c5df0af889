// REINFORCE++ with a baseline: reward less the group's mean, whitened over the batch's tokens.

import { drGrpo } from './dr-grpo.ts'
import type { GroupedRewards } from './grouped-rewards.ts'
import { whiten } from './whiten.ts'

/**
 * A = (R - mean of the group) on every token that the policy wrote, then whitened over the mask of
 * the whole batch: [B,T], zero where the mask is zero. A group of one keeps its reward.
 *
 * Source: Hu 2025 (arXiv 2501.03262); verl,
 * `compute_reinforce_plus_plus_baseline_outcome_advantage`.
 */
export function reinforcePlusPlusBaseline(input: GroupedRewards): number[][] {
  return whiten(drGrpo(input), input.mask)
}
