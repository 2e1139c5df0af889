// The outcome: is the answer right?

import type { RewardPart } from '../reward-part.ts'

export interface OutcomeOptions {
  /** The paper's are +1 and -1. */
  readonly right: number
  readonly wrong: number
  /** Give part of the difference where the family's verifier gives part of the credit. */
  readonly partialCredit: boolean
}

export const outcomeDefaults: OutcomeOptions = { right: 1, wrong: -1, partialCredit: false }

export function outcome(options: OutcomeOptions): RewardPart {
  const { right, wrong, partialCredit } = options
  return {
    name: 'outcome',
    per: 'trajectory',
    value: ({ judgement: { correct, score } }) =>
      partialCredit ? wrong + (right - wrong) * score : correct ? right : wrong,
  }
}
