// Token by token to text: hands out only what later tokens cannot change.

import { textOf, unfinishedBytes } from './utf8.ts'
import { tokenBytes, type Vocabulary } from './vocabulary.ts'

/**
 * Laid end to end, what `push` and the final `flush` return is the decoding of all tokens.
 *
 *   push("caf")  "caf"
 *   push(C3)     ""       half of é
 *   push(A9)     "é"
 */
export class IncrementalDecoder {
  #pending = new Uint8Array(0)

  constructor(
    private readonly vocabulary: Vocabulary,
    private readonly options: { readonly skipSpecial?: boolean } = {},
  ) {}

  /** The text that is final now; never half a character. */
  push(id: number): string {
    if (this.options.skipSpecial && this.vocabulary.special.has(id)) return ''
    const added = tokenBytes(this.vocabulary, id)
    const bytes = new Uint8Array(this.#pending.length + added.length)
    bytes.set(this.#pending)
    bytes.set(added, this.#pending.length)
    const end = bytes.length - unfinishedBytes(bytes)
    this.#pending = bytes.slice(end)
    return textOf(bytes.subarray(0, end))
  }

  /** What is left at the end: U+FFFD for a character that was never finished, else nothing. */
  flush(): string {
    const rest = textOf(this.#pending)
    this.#pending = new Uint8Array(0)
    return rest
  }
}
