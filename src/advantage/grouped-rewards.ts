// What the estimators that compare the members of a group start from.

import type { Table } from './whiten.ts'

/** The rewards of a batch of B trajectories and who belongs together. */
export interface GroupedRewards {
  /** [B]; one reward per trajectory, the sum of its token rewards. */
  readonly rewards: ArrayLike<number>
  /** [B]; which group a trajectory belongs to; members need not stand together. */
  readonly groups: ArrayLike<number | string>
  /** [B,T]; one where the policy wrote the token. */
  readonly mask: Table
}

/** The rewards of one group and who they belong to. */
export interface RewardGroup {
  readonly rows: readonly number[]
  readonly rewards: readonly number[]
}

/** The groups of a batch, in order of first appearance. */
export function rewardGroups({ rewards, groups }: GroupedRewards): RewardGroup[] {
  const found = new Map<number | string, { rows: number[]; rewards: number[] }>()
  for (let row = 0; row < groups.length; row++) {
    const key = groups[row] ?? ''
    const group = found.get(key) ?? { rows: [], rewards: [] }
    group.rows.push(row)
    group.rewards.push(rewards[row] ?? Number.NaN)
    found.set(key, group)
  }
  return [...found.values()]
}

/**
 * One number per trajectory, computed group by group, laid on every token that the policy wrote:
 * [B,T], zero where the mask is zero.
 */
export function perTrajectory(
  input: GroupedRewards,
  advantagesOf: (group: RewardGroup) => readonly number[],
): number[][] {
  const advantages = new Array<number>(input.mask.length).fill(0)
  for (const group of rewardGroups(input)) {
    advantagesOf(group).forEach((advantage, member) => {
      const row = group.rows[member]
      if (row !== undefined) advantages[row] = advantage
    })
  }
  return input.mask.map((row, index) =>
    Array.from(row, (masked) => (masked ? (advantages[index] ?? 0) : 0)),
  )
}

/** Mean of a group's rewards; zero for a group of one, whose own mean would erase its reward. */
export function baselineOf(rewards: readonly number[]): number {
  return rewards.length < 2 ? 0 : rewards.reduce((sum, reward) => sum + reward, 0) / rewards.length
}
