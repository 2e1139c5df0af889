// Generalized advantage estimation that steps over what the policy did not write.

import { type Table, whiten } from './whiten.ts'

/** Rows [B,T] over all tokens; rows may differ in length. */
export interface GaeInput {
  /** [B,T]; all of the reward on the last masked token, less any KL penalty per token. */
  readonly tokenRewards: Table
  /** [B,T]; the critic's estimates. What stands where the mask is zero is never read. */
  readonly values: Table
  /** [B,T]; one where the policy wrote the token. */
  readonly mask: Table
  /** Discount per policy token, in [0, 1]. */
  readonly gamma: number
  /** Decay of later surprises, in [0, 1]. */
  readonly lambda: number
}

/** Rows as those of the input. */
export interface GaeOutput {
  /** [B,T]; whitened over the mask of the whole batch; zero where the mask is zero. */
  readonly advantages: number[][]
  /** [B,T]; advantage plus value before whitening; zero where the mask is zero. */
  readonly returns: number[][]
}

/**
 * Right to left: delta = R_t + gamma V' - V_t and A_t = delta + gamma lambda A'. On a policy token
 * V' becomes V_t and A' becomes A_t; over any other token both are carried unchanged, so the text
 * of a tool neither discounts nor adds anything. Returns are A + V; then A is whitened.
 *
 *   gae({ tokenRewards: [[0, 0, 0, 1]], values: [[.1, .2, .7, .5]], mask: [[1, 1, 0, 1]],
 *         gamma: 1, lambda: 1 })   // before whitening: [.9, .8, 0, .5]
 *
 * Source: Schulman et al. 2016 (arXiv 1506.02438); the carrying as verl's
 * `compute_gae_advantage_return`.
 */
export function gae(input: GaeInput): GaeOutput {
  const rows = input.mask.map((_, row) => gaeRow(input, row))
  return {
    advantages: whiten(
      rows.map((row) => row.advantages),
      input.mask,
    ),
    returns: rows.map((row) => row.returns),
  }
}

/** Advantages before whitening and returns of one row. */
function gaeRow(input: GaeInput, row: number): { advantages: number[]; returns: number[] } {
  const mask = input.mask[row] ?? []
  const values = input.values[row] ?? []
  const rewards = input.tokenRewards[row] ?? []
  const advantages = new Array<number>(mask.length).fill(0)
  const returns = new Array<number>(mask.length).fill(0)
  let nextValue = 0
  let nextAdvantage = 0
  for (let token = mask.length - 1; token >= 0; token--) {
    if (!mask[token]) continue
    const value = values[token] ?? Number.NaN
    const delta = (rewards[token] ?? Number.NaN) + input.gamma * nextValue - value
    nextAdvantage = delta + input.gamma * input.lambda * nextAdvantage
    nextValue = value
    advantages[token] = nextAdvantage
    returns[token] = nextAdvantage + value
  }
  return { advantages, returns }
}
