// Ctrl-C once asks a command to save and end, twice ends it at once.

/** A signal for one command; dispose it when the command is through. */
export class Interrupt {
  readonly #controller = new AbortController()
  readonly #notice: string
  #isSaid = false

  /** @param notice said on standard error at the first Ctrl-C. */
  constructor(notice = 'ending after this step; Ctrl-C again ends at once') {
    this.#notice = notice
    process.on('SIGINT', this.#onSignal)
    process.on('SIGTERM', this.#onSignal)
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  [Symbol.dispose](): void {
    process.off('SIGINT', this.#onSignal)
    process.off('SIGTERM', this.#onSignal)
  }

  readonly #onSignal = (name: NodeJS.Signals): void => {
    if (this.#isSaid) process.exit(name === 'SIGINT' ? 130 : 143)
    if (this.#controller.signal.aborted) return
    process.stderr.write(`\n${this.#notice}\n`)
    // Whoever pressed twice while an update kept this process busy has not read the notice.
    setImmediate(() => {
      this.#isSaid = true
    })
    this.#controller.abort()
  }
}
