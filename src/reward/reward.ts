// One number for a trajectory, with its named parts.

import type { Problem } from '../data/problem.ts'
import type { Trajectory } from '../trajectory/trajectory.ts'
import type { Judgement } from './judge.ts'

/** The reward of one trajectory. */
export interface Reward {
  /** Sum of weight times part. */
  readonly total: number
  /** Unweighted contributions by name, such as outcome or format. */
  readonly parts: Readonly<Record<string, number>>
  /** Whether the answer was right; null where nobody judged it (a failed trajectory). */
  readonly correct: boolean | null
  /** What was judged and what came of it, where somebody judged. */
  readonly judged?: { readonly answer: string | null; readonly judgement: Judgement }
}

/** A trajectory that has a reward. */
export interface Scored {
  readonly trajectory: Trajectory
  readonly reward: Reward
}

/** The scored trajectories of one problem. */
export interface ScoredGroup<Member extends Scored = Scored> {
  readonly problem: Problem
  readonly members: readonly Member[]
}
