// What is written down of one trajectory: the trajectory itself, the text of its tokens, how it was
// judged, and what was computed for each token.

import type { Trajectory } from '../trajectory/trajectory.ts'

/** What the trajectory was made for. */
export type Phase = 'train' | 'evaluation' | 'demonstration'

/**
 * Arrays with one number per token over all segments laid end to end, by name. Off the response
 * mask their entries mean nothing. Rollout log-probs are in the segments already.
 */
export interface TokenValues {
  readonly advantages?: ArrayLike<number>
  readonly oldLogprobs?: ArrayLike<number>
  readonly newLogprobs?: ArrayLike<number>
  readonly referenceLogprobs?: ArrayLike<number>
  readonly ratios?: ArrayLike<number>
  readonly entropies?: ArrayLike<number>
  readonly values?: ArrayLike<number>
}

export type TokenValueName = keyof TokenValues

export const tokenValueNames = [
  'advantages',
  'oldLogprobs',
  'newLogprobs',
  'referenceLogprobs',
  'ratios',
  'entropies',
  'values',
] as const satisfies readonly TokenValueName[]

/** How a trajectory was judged; fits `Reward`. */
export interface RecordedReward {
  readonly total: number
  readonly parts: Readonly<Record<string, number>>
  readonly correct: boolean | null
}

/** The question that it answers; fits `Problem`. */
export interface RecordedProblem {
  readonly id: string
  readonly question: string
  readonly answer: string
  readonly source: string
}

/**
 * One trajectory as a run folder takes it. `pieces` holds for each segment the text of each of its
 * tokens; joined they are the segment's text (a token that ends no character has the piece '').
 *
 *   segments  [{ author: 'context', tokens: [9, 4] }, { author: 'policy', tokens: [7], ... }]
 *   pieces    [['What', ' now?'], ['42']]
 */
export interface TrajectoryRecord {
  readonly trajectory: Trajectory
  readonly phase: Phase
  readonly problem: RecordedProblem
  readonly pieces: readonly (readonly string[])[]
  /** Null where nobody judged it. */
  readonly reward: RecordedReward | null
  /** The answer that was extracted and judged. */
  readonly answer?: string | null
  /** The grader's own words. */
  readonly verdict?: string
  readonly tokenValues?: TokenValues
  /** What each snippet of code is for, in the order of the calls: `verification`, `search`, ... */
  readonly purposes?: readonly string[]
}
