// Did the code run?

import type { RewardPart } from '../reward-part.ts'

/** Share of the calls that ended well; malformed calls and errors did not; 0 without a call. */
export function codeRuns(): RewardPart {
  return {
    name: 'codeRuns',
    per: 'trajectory',
    value: ({ trajectory }) => {
      const calls = trajectory.segments.filter((segment) => segment.author === 'tool')
      const ended = calls.filter(({ output }) => output.ok)
      return calls.length === 0 ? 0 : ended.length / calls.length
    },
  }
}
