// Pages of the cache: `pageSize` consecutive slots, one a token.

/** Tokens of one page: small enough to waste little, large enough to keep the lists short. */
export const pageSize = 16

/** The slots of the first `tokens` tokens on these pages. */
export function slotsOf(pages: readonly number[], tokens: number): number[] {
  const slots = new Array<number>(tokens)
  for (let position = 0; position < tokens; position++) {
    const page = pages[Math.floor(position / pageSize)] as number
    slots[position] = page * pageSize + (position % pageSize)
  }
  return slots
}

/** Pages that so many tokens need. */
export function pagesFor(tokens: number): number {
  return Math.ceil(tokens / pageSize)
}
