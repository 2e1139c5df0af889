// So many requests a minute, evenly spaced.

import { setTimeout as sleep } from 'node:timers/promises'

export class RateLimit {
  readonly #gapMs: number
  #next = 0

  constructor(perMinute: number) {
    this.#gapMs = 60_000 / perMinute
  }

  /** Resolves when the next request may begin; rejects with the signal's reason. */
  async wait(signal: AbortSignal): Promise<void> {
    const now = performance.now()
    const start = Math.max(now, this.#next)
    this.#next = start + this.#gapMs
    if (start > now) await sleep(start - now, undefined, { signal })
  }
}
