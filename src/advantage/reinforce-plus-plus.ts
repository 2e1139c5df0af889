// REINFORCE++: discounted return per token, whitened over the batch; no groups, no critic.

import { type Table, whiten } from './whiten.ts'

/** Rows [B,T] over all tokens; rows may differ in length. */
export interface ReinforcePlusPlusInput {
  /** [B,T]; all of the reward on the last masked token, less any KL penalty per token. */
  readonly tokenRewards: Table
  /** [B,T]; one where the policy wrote the token. */
  readonly mask: Table
  /** Discount per policy token, in [0, 1]. */
  readonly gamma: number
}

/**
 * G_t = R_t + gamma G' on policy tokens, right to left, carried unchanged over all others; zero
 * there. The advantages are G whitened over the mask of the whole batch.
 *
 *   tokenRewards [[0,0,0,0,0,1]], mask [[1,1,0,0,1,1]], gamma .9: returns [[.729,.81,0,0,.9,1]]
 *
 * Source: Hu 2025 (arXiv 2501.03262); verl, `compute_reinforce_plus_plus_outcome_advantage`, whose
 * versions of 2025 lose the reward across a tool's text.
 */
export function reinforcePlusPlus(input: ReinforcePlusPlusInput): {
  readonly advantages: number[][]
  readonly returns: number[][]
} {
  const returns = input.mask.map((mask, row) => {
    const rewards = input.tokenRewards[row] ?? []
    const result = new Array<number>(mask.length).fill(0)
    let next = 0
    for (let token = mask.length - 1; token >= 0; token--) {
      if (!mask[token]) continue
      next = (rewards[token] ?? Number.NaN) + input.gamma * next
      result[token] = next
    }
    return result
  })
  return { advantages: whiten(returns, input.mask), returns }
}
