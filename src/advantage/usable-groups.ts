// Which trajectories of a step may teach, and a count of those that may not.

import type { Scored, ScoredGroup } from '../reward/reward.ts'
import { responseMask } from '../trajectory/mask.ts'
import type { AdvantageReport, LeftOut, Penalized } from './advantage.ts'
import { tokenRewards } from './token-rewards.ts'

export interface UsableOptions {
  /** Leave out trajectories that a limit ended (overlong filtering). */
  readonly maskTruncated: boolean
  /** Drop groups whose members all have the same reward: they move no group baseline. */
  readonly dropWithoutSpread: boolean
}

/** A trajectory that may teach, with what every estimator needs of it. */
export interface UsableMember<Member extends Scored> {
  readonly scored: Member
  /** Index of its group in the step. */
  readonly group: number
  readonly mask: Uint8Array
  readonly tokenRewards: readonly number[]
  /** Sum of its token rewards: the reward less any KL penalty. */
  readonly reward: number
}

/** The members that may teach, in the order of the groups, and what became of the others. */
export function usableGroups<Member extends Scored | Penalized>(
  groups: readonly ScoredGroup<Member>[],
  options: UsableOptions,
): { readonly members: readonly UsableMember<Member>[]; readonly report: AdvantageReport } {
  const leftOut: Record<LeftOut, number> = {
    failed: 0,
    cancelled: 0,
    truncated: 0,
    nothingWritten: 0,
  }
  const counts = { groupsWithSpread: 0, groupsWithoutSpread: 0, groupsEmpty: 0, dropped: 0 }
  const members = groups.flatMap((group, index) => {
    const usable = group.members.flatMap((scored) => {
      const mask = responseMask(scored.trajectory.segments)
      const reason = whyLeftOut(scored, mask, options.maskTruncated)
      if (reason) leftOut[reason] += 1
      return reason ? [] : [usableMember(scored, index, mask)]
    })
    if (usable.length === 0) counts.groupsEmpty += 1
    else if (hasSpread(usable.map(({ reward }) => reward))) counts.groupsWithSpread += 1
    else {
      counts.groupsWithoutSpread += 1
      if (options.dropWithoutSpread) {
        counts.dropped += usable.length
        return []
      }
    }
    return usable
  })
  const trajectories = groups.reduce((sum, group) => sum + group.members.length, 0)
  return { members, report: { groups: groups.length, ...counts, trajectories, leftOut } }
}

/** Whether rewards differ by more than rounding. A single one has no spread. */
export function hasSpread(rewards: readonly number[]): boolean {
  const low = Math.min(...rewards)
  const high = Math.max(...rewards)
  return high - low > 1e-9 * Math.max(1, Math.abs(low), Math.abs(high))
}

function usableMember<Member extends Scored | Penalized>(
  scored: Member,
  group: number,
  mask: Uint8Array,
): UsableMember<Member> {
  const penalty = 'klPenalty' in scored ? scored.klPenalty : undefined
  const rewards = tokenRewards(scored.reward.total, mask, penalty)
  return {
    scored,
    group,
    mask,
    tokenRewards: rewards,
    reward: rewards.reduce((sum, reward) => sum + reward, 0),
  }
}

function whyLeftOut(
  { trajectory }: Scored,
  mask: Uint8Array,
  maskTruncated: boolean,
): LeftOut | undefined {
  const { stop } = trajectory
  if (stop.kind === 'failed' || stop.kind === 'cancelled') return stop.kind
  if (maskTruncated && stop.kind === 'limit') return 'truncated'
  return mask.includes(1) ? undefined : 'nothingWritten'
}
