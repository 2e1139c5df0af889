// Is the response short enough?

import { responseLength } from '../attempt.ts'
import type { RewardPart } from '../reward-part.ts'

export interface LengthOptions {
  /** Responses of up to so many tokens, tool output included, get 1. */
  readonly free: number
  /** Responses of so many tokens or more get 0; linear in between. */
  readonly longest: number
}

export const lengthDefaults: LengthOptions = { free: 0, longest: 4096 }

export function length({ free, longest }: LengthOptions): RewardPart {
  return {
    name: 'length',
    per: 'trajectory',
    value: ({ trajectory }) => {
      const share = (longest - responseLength(trajectory)) / (longest - free)
      return Math.min(1, Math.max(0, share))
    },
  }
}
