// How early does the policy turn to code?

import { codePlaces } from '../code-places.ts'
import type { RewardPart } from '../reward-part.ts'

/**
 * 1 less the paper's invocation timing, which is where the first code starts over the length of what
 * the policy wrote: near 1 for code at once, near 0 for code at the end, 0 without a call.
 */
export function codeTiming(): RewardPart {
  return {
    name: 'codeTiming',
    per: 'trajectory',
    value: (attempt) => {
      const { firstStart, written } = codePlaces(attempt)
      return firstStart === null || written === 0 ? 0 : 1 - firstStart / written
    },
  }
}
