// How trajectories are rolled out.

import type { Problem } from '../data/problem.ts'
import type { FirstContextOptions } from '../tool/first-context.ts'
import type { Policy, Sampling } from '../trajectory/policy.ts'
import type { Segment, TokenId } from '../trajectory/segment.ts'
import type { Trajectory } from '../trajectory/trajectory.ts'
import type { TrajectoryLimits } from './limits.ts'
import type { Progress } from './progress.ts'
import type { RetryOptions } from './retrying.ts'

/** How every completion is drawn; its seed, limit and stops follow from the trajectory. */
export type RolloutSampling = Pick<Sampling, 'temperature' | 'topP' | 'topK' | 'minP'>

/** What one trajectory needs. */
export interface TrajectoryOptions extends FirstContextOptions, Partial<RetryOptions> {
  readonly policy: Policy
  readonly sampling: RolloutSampling
  /** Tokens that end the policy's turn or text; a turn-end token among them where there is one. */
  readonly stopTokens: readonly TokenId[]
  readonly limits?: Partial<TrajectoryLimits>
  readonly seed: number
  /** `tell` (the default) lets the policy read what was wrong; `end` ends the trajectory. */
  readonly onMalformed?: 'tell' | 'end'
  readonly signal?: AbortSignal
  /** Called with each segment as soon as it is there. */
  readonly onSegment?: (trajectoryId: string, segment: Segment) => void
}

/** What many groups need beyond that. */
export interface RolloutOptions extends TrajectoryOptions {
  /** Begins the ids of the trajectories and names their random streams: `step-3`. */
  readonly name: string
  /** Trajectories per problem. */
  readonly groupSize: number
  /** Groups come as they are complete (the default), or in the order of their problems. */
  readonly order?: 'completion' | 'input'
  /** Most trajectories in flight; 256 unless said otherwise. */
  readonly concurrency?: number
  /** Most groups that are begun and not yet taken; twice what fills `concurrency` by default. */
  readonly groupsAhead?: number
  /** Ends the rollout once more than this share failed (0.1), and at least five trajectories. */
  readonly failedShare?: number
  /** Says, after each member, whether the rest of its group can no longer matter. */
  readonly isSettled?: (problem: Problem, ended: readonly Trajectory[]) => boolean
  /** Called with the counts whenever one changes. */
  readonly onProgress?: (progress: Progress) => void
  /** Told when one limit ends more than a tenth of the trajectories. */
  readonly warn?: (message: string) => void
}
