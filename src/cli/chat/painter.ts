// Colours for an answer as it streams: code, tool output and the model's own words, told apart by
// tags that may arrive in pieces.

import { styleText } from 'node:util'

type Style = 'cyan' | 'yellow' | 'dim' | 'bold'

const tags = [
  { open: '<code>', close: '</code>', style: 'cyan' },
  { open: '<answer>', close: '</answer>', style: 'bold' },
] as const

/** Writes text in the colour of the part that it belongs to. */
export class Painter {
  #held = ''
  #inside: (typeof tags)[number] | undefined

  /** @param hasColour without it the text goes through as it is. */
  constructor(
    private readonly write: (text: string) => void,
    private readonly hasColour: boolean,
  ) {}

  /** The model's text; at most the beginning of a tag is held back. */
  wrote(text: string): void {
    this.#held += text
    for (;;) {
      const found = this.#nextTag()
      if (!found) break
      this.#emit(found.end)
      this.#inside = found.next
    }
    this.#emit(this.#held.length - this.#unfinishedTag())
  }

  toolSaid(text: string): void {
    this.end()
    this.#paint(text, 'yellow')
  }

  note(text: string): void {
    this.end()
    this.#paint(text, 'dim')
  }

  /** The model ended its turn: what was held back was no tag. */
  end(): void {
    this.#emit(this.#held.length)
    this.#inside = undefined
  }

  /** The next opening tag, or the closing one of the part we are in; `end` is where the part ends. */
  #nextTag(): { end: number; next: (typeof tags)[number] | undefined } | undefined {
    if (this.#inside) {
      const { close } = this.#inside
      const at = this.#held.indexOf(close)
      return at < 0 ? undefined : { end: at + close.length, next: undefined }
    }
    const [first] = tags
      .map((tag) => ({ end: this.#held.indexOf(tag.open), next: tag }))
      .filter(({ end }) => end >= 0)
      .sort((a, b) => a.end - b.end)
    return first
  }

  /** Length of the longest end of the text that begins a tag. */
  #unfinishedTag(): number {
    const wanted = this.#inside ? [this.#inside.close] : tags.map(({ open }) => open)
    for (let length = 8; length > 0; length--) {
      const end = this.#held.slice(-length)
      if (end.length === length && wanted.some((tag) => tag.startsWith(end))) return length
    }
    return 0
  }

  #emit(length: number): void {
    const text = this.#held.slice(0, length)
    this.#held = this.#held.slice(length)
    this.#paint(text, this.#inside?.style)
  }

  #paint(text: string, style: Style | undefined): void {
    if (text === '') return
    this.write(this.hasColour && style ? styleText(style, text, { validateStream: false }) : text)
  }
}
