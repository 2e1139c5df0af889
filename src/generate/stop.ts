// Finds stop strings in a stream of tokens, also over their borders.

import type { TokenId } from '../trajectory/segment.ts'

/** Turns tokens into text piece by piece; never half a character. */
export interface TokenDecoder {
  push(token: TokenId): string
}

/** Watches one completion. */
export class StopDetector {
  #tail = ''
  readonly #longest: number

  constructor(
    private readonly stopStrings: readonly string[],
    private readonly decoder: TokenDecoder,
  ) {
    this.#longest = Math.max(0, ...stopStrings.map((text) => text.length))
  }

  /** The stop string that this token completes (the earliest to end), or undefined. */
  push(token: TokenId): string | undefined {
    if (this.#longest === 0) return undefined
    const text = this.#tail + this.decoder.push(token)
    let found: { text: string; end: number } | undefined
    for (const stop of this.stopStrings) {
      const start = text.indexOf(stop)
      const end = start + stop.length
      if (start >= 0 && (!found || end < found.end)) found = { text: stop, end }
    }
    // A stop string can begin at most this far before the next token.
    this.#tail = text.slice(Math.max(0, text.length - this.#longest + 1))
    return found?.text
  }
}
