// Did the policy keep to the form: well-formed calls, and an answer where answers belong?

import type { AnswerPlace } from '../extract-answer.ts'
import { extractAnswer } from '../extract-answer.ts'
import type { RewardPart } from '../reward-part.ts'

export interface FormatOptions {
  /** Where the answer may stand. */
  readonly answerIn: readonly AnswerPlace[]
}

export const formatDefaults: FormatOptions = { answerIn: ['taggedBox'] }

/**
 * 1 if the policy ended by answering, with the answer in one of the allowed places and no malformed
 * call on the way; else 0.
 */
export function format({ answerIn }: FormatOptions): RewardPart {
  return {
    name: 'format',
    per: 'trajectory',
    value: ({ trajectory, turns }) => {
      if (trajectory.stop.kind !== 'answered') return 0
      const malformed = trajectory.segments.some(
        (segment) => segment.author === 'tool' && segment.output.status === 'malformed',
      )
      const place = extractAnswer(turns.at(-1) ?? '')?.place
      return !malformed && place !== undefined && answerIn.includes(place) ? 1 : 0
    },
  }
}
