// Waits longer and longer before starting a program again that keeps dying without one answer.

import { setTimeout as sleep } from 'node:timers/promises'

const firstDelayMs = 100
const longestDelayMs = 5_000

export class StartBackOff {
  /** Starts since the last answer. */
  #fruitless = 0

  /** How long the next start has to wait: nothing for the first two, then doubling. */
  get delayMs(): number {
    if (this.#fruitless < 2) return 0
    return Math.min(longestDelayMs, firstDelayMs * 2 ** (this.#fruitless - 2))
  }

  started(): void {
    this.#fruitless++
  }

  succeeded(): void {
    this.#fruitless = 0
  }

  /** Returns early, without an exception, when the signal fires. */
  async wait(signal: AbortSignal): Promise<void> {
    if (this.delayMs === 0) return
    await sleep(this.delayMs, undefined, { signal }).catch(() => undefined)
  }
}
