// How much better a policy token did than expected.

import type { Scored, ScoredGroup } from '../reward/reward.ts'

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

/** From the groups of a step to credited trajectories; members that teach nothing are left out. */
export type AdvantageEstimator = (groups: readonly ScoredGroup[]) => readonly Credited[]
