// One named contribution to a reward.

import type { Attempt } from './attempt.ts'

/** Looks at one trajectory, or at all of a group together; may be asynchronous. */
export type RewardPart =
  | {
      readonly name: string
      readonly per: 'trajectory'
      readonly value: (attempt: Attempt) => number | Promise<number>
    }
  | {
      readonly name: string
      readonly per: 'group'
      /** One number per attempt, in order. */
      readonly values: (
        attempts: readonly Attempt[],
      ) => readonly number[] | Promise<readonly number[]>
    }

/** A part and what it counts in the sum. */
export interface WeightedPart {
  readonly part: RewardPart
  readonly weight: number
}
