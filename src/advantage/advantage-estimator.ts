// From the groups of a step to advantages, by the name of the method.

import type { Scored } from '../reward/reward.ts'
import type { AdvantageEstimator, Credited, Valued } from './advantage.ts'
import { drGrpo } from './dr-grpo.ts'
import { gae } from './gae.ts'
import { groupRelative } from './group-relative.ts'
import type { GroupedRewards } from './grouped-rewards.ts'
import { opo } from './opo.ts'
import { reinforcePlusPlus } from './reinforce-plus-plus.ts'
import { reinforcePlusPlusBaseline } from './reinforce-plus-plus-baseline.ts'
import { rloo } from './rloo.ts'
import { type UsableMember, usableGroups } from './usable-groups.ts'
import type { Table } from './whiten.ts'

/** Methods that need no critic. */
export type CriticFreeAdvantage =
  | { readonly kind: 'grpo' | 'drGrpo' | 'rloo' | 'opo' | 'reinforcePlusPlusBaseline' }
  | { readonly kind: 'reinforcePlusPlus'; readonly gamma: number }

/** PPO's: with a critic. */
export interface GaeAdvantage {
  readonly kind: 'gae'
  /** Discount per policy token, in [0, 1]. */
  readonly gamma: number
  /** Decay of later surprises, in [0, 1]. */
  readonly lambda: number
}

export interface FilterOptions {
  /** Leave out of statistics and loss what a limit ended (overlong filtering). */
  readonly maskTruncated: boolean
}

const groupBaselines: Readonly<
  Record<
    Exclude<CriticFreeAdvantage['kind'], 'reinforcePlusPlus'>,
    (input: GroupedRewards) => number[][]
  >
> = { grpo: groupRelative, drGrpo, rloo, opo, reinforcePlusPlusBaseline }

/**
 * The estimator of a method without critic. Failed, cancelled and (if asked) truncated trajectories
 * are in no statistic; methods with a group baseline drop groups without spread. Both are counted.
 */
export function advantageEstimator(
  advantage: CriticFreeAdvantage,
  options: FilterOptions,
): AdvantageEstimator {
  return (groups) => {
    const dropWithoutSpread = advantage.kind !== 'reinforcePlusPlus'
    const { members, report } = usableGroups(groups, { ...options, dropWithoutSpread })
    const mask = members.map((member) => member.mask)
    const advantages =
      advantage.kind === 'reinforcePlusPlus'
        ? reinforcePlusPlus({
            tokenRewards: members.map((member) => member.tokenRewards),
            mask,
            gamma: advantage.gamma,
          }).advantages
        : groupBaselines[advantage.kind]({
            rewards: members.map((member) => member.reward),
            groups: members.map((member) => member.group),
            mask,
          })
    return { credited: credit(members, advantages), report }
  }
}

/**
 * The estimator of PPO. A group without spread still teaches through the critic: it is counted and
 * kept.
 */
export function criticEstimator(
  advantage: GaeAdvantage,
  options: FilterOptions,
): AdvantageEstimator<Valued> {
  return (groups) => {
    const { members, report } = usableGroups(groups, { ...options, dropWithoutSpread: false })
    const { advantages, returns } = gae({
      tokenRewards: members.map((member) => member.tokenRewards),
      values: members.map((member) => member.scored.values),
      mask: members.map((member) => member.mask),
      gamma: advantage.gamma,
      lambda: advantage.lambda,
    })
    return { credited: credit(members, advantages, returns), report }
  }
}

function credit(
  members: readonly UsableMember<Scored>[],
  advantages: Table,
  returns?: Table,
): Credited[] {
  return members.map(({ scored }, index) => ({
    trajectory: scored.trajectory,
    reward: scored.reward,
    advantages: Float32Array.from(advantages[index] ?? []),
    returns: returns ? Float32Array.from(returns[index] ?? []) : null,
  }))
}
