// The new tokens of one sequence in one step of the engine.

import type { TokenId } from '../trajectory/segment.ts'

export interface Piece {
  readonly tokens: readonly TokenId[]
  /** Position of the first new token: as many are in the cache already. */
  readonly start: number
  /** Cache pages that hold the tokens from position 0 to the last new one. */
  readonly pages: readonly number[]
}

/** Tokens in the cache after the step. */
export function lengthOf(piece: Piece): number {
  return piece.start + piece.tokens.length
}
