// Tries again what failed through a fault of ours.

import { setTimeout as delay } from 'node:timers/promises'
import { InfrastructureError } from '../base/errors.ts'

export interface RetryOptions {
  /** Further attempts after the first. */
  readonly retries: number
  /** Wait before the first retry, milliseconds; doubled before each further one. */
  readonly retryDelayMs: number
}

/** A lost session cannot be tried again: what it held is gone. */
const final: readonly string[] = ['session_lost', 'cancelled']

/**
 * The work's result. Only an InfrastructureError is tried again; the last one is thrown, and the
 * signal's reason once it aborted.
 */
export async function retrying<T>(
  work: () => Promise<T>,
  { retries, retryDelayMs }: RetryOptions,
  signal: AbortSignal,
): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    signal.throwIfAborted()
    try {
      return await work()
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof InfrastructureError)) throw error
      if (final.includes(error.kind) || attempt >= retries) throw error
    }
    await delay(retryDelayMs * 2 ** attempt, undefined, { signal }).catch(() => undefined)
  }
}
