// How much of what the policy wrote is code?

import { codePlaces } from '../code-places.ts'
import type { RewardPart } from '../reward-part.ts'

/** Share of the policy's characters that are code of its calls, in [0, 1]; 0 without a call. */
export function codeRatio(): RewardPart {
  return {
    name: 'codeRatio',
    per: 'trajectory',
    value: (attempt) => {
      const { code, written } = codePlaces(attempt)
      return written === 0 ? 0 : code / written
    },
  }
}
