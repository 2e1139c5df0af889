// How much better a policy token did than expected.

import type { Scored, ScoredGroup } from '../reward/reward.ts'

/** A scored trajectory with a KL penalty, one per token over all segments: coefficient times KL. */
export interface Penalized extends Scored {
  readonly klPenalty: Float32Array
}

/** A scored trajectory with the critic's values, one per token over all segments (PPO only). */
export interface Valued extends Scored {
  readonly values: Float32Array
}

/** A scored trajectory with one advantage per token over all segments, zero off the mask. */
export interface Credited extends Scored {
  readonly advantages: Float32Array
  /** What the critic is trained towards; only from estimators that use a critic. */
  readonly returns: Float32Array | null
}

/** Why trajectories are in no statistic and in no loss. */
export type LeftOut = 'failed' | 'cancelled' | 'truncated' | 'nothingWritten'

/** What became of the groups of a step. `groups` is the sum of the three that follow it. */
export interface AdvantageReport {
  readonly groups: number
  /** Usable members differ in their reward: these teach. */
  readonly groupsWithSpread: number
  /** All usable members have the same reward; estimators with a group baseline drop these. */
  readonly groupsWithoutSpread: number
  /** No member is usable. */
  readonly groupsEmpty: number
  /** Of all groups, usable or not. */
  readonly trajectories: number
  /** Usable trajectories in dropped groups. */
  readonly dropped: number
  readonly leftOut: Readonly<Record<LeftOut, number>>
}

/** What an estimator makes of the groups of a step. */
export interface Estimate {
  /** In the order of the groups; members that teach nothing are left out. */
  readonly credited: readonly Credited[]
  readonly report: AdvantageReport
}

/** From the groups of a step to credited trajectories. */
export type AdvantageEstimator<Member extends Scored = Scored | Penalized> = (
  groups: readonly ScoredGroup<Member>[],
) => Estimate
