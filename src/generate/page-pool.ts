// Which pages of the cache are free. A page is `pageSize` consecutive slots.

/** Tokens of one page: small enough to waste little, large enough to keep the lists short. */
export const pageSize = 16

export class PagePool {
  readonly #free: number[]

  constructor(readonly pages: number) {
    this.#free = Array.from({ length: pages }, (_, index) => pages - 1 - index)
  }

  get free(): number {
    return this.#free.length
  }

  /** `count` pages, or undefined (and none taken) where so many are not free. */
  take(count: number): number[] | undefined {
    if (count > this.#free.length) return undefined
    return this.#free.splice(this.#free.length - count, count)
  }

  give(pages: readonly number[]): void {
    this.#free.push(...pages)
  }
}

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
