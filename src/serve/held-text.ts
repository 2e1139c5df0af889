// The text of one choice as it grows: what may still turn out to be a stop string, or the beginning
// of what is not shown, is held back until it is certain.

export class HeldText {
  #held = ''
  #hidden = ''
  #state: 'open' | 'stopped' | 'hiding' = 'open'

  constructor(
    private readonly stopStrings: readonly string[],
    /** From this text on, everything is kept from view: a call. */
    private readonly hideFrom?: string,
  ) {}

  /** What was hidden, from the text that began it. */
  get hidden(): string {
    return this.#hidden
  }

  /** What is certain to be shown now. */
  push(text: string): string {
    if (this.#state === 'stopped') return ''
    if (this.#state === 'hiding') {
      this.#hidden += text
      return ''
    }
    const whole = this.#held + text
    const found = this.#firstMark(whole)
    if (!found) {
      const shown = whole.length - this.#doubtful(whole)
      this.#held = whole.slice(shown)
      return whole.slice(0, shown)
    }
    this.#held = ''
    this.#state = found.hides ? 'hiding' : 'stopped'
    if (found.hides) this.#hidden = whole.slice(found.at)
    return whole.slice(0, found.at)
  }

  /** What was held back in vain. */
  flush(): string {
    const rest = this.#held
    this.#held = ''
    return rest
  }

  #marks(): readonly string[] {
    return this.hideFrom === undefined ? this.stopStrings : [...this.stopStrings, this.hideFrom]
  }

  /** The mark that is complete first, as the engine stops; of those that end together the longest. */
  #firstMark(text: string): { at: number; hides: boolean } | undefined {
    let first: { at: number; end: number; hides: boolean } | undefined
    for (const mark of this.#marks()) {
      const at = text.indexOf(mark)
      const end = at + mark.length
      const isFirst = !first || end < first.end || (end === first.end && at < first.at)
      if (at !== -1 && isFirst) first = { at, end, hides: mark === this.hideFrom }
    }
    return first
  }

  /** Length of the longest end of the text that begins a mark. */
  #doubtful(text: string): number {
    let longest = 0
    for (const mark of this.#marks()) {
      for (let length = Math.min(mark.length - 1, text.length); length > longest; length--) {
        if (text.endsWith(mark.slice(0, length))) longest = length
      }
    }
    return longest
  }
}
