// A conversation with the policy that outlives a failed session: after a failure the next one
// reads all tokens again.

import type { Completion, Policy, PolicySession, Sampling } from '../trajectory/policy.ts'
import type { Segment } from '../trajectory/segment.ts'
import { tokensOf } from '../trajectory/segment.ts'

export class RenewedSession {
  #session: PolicySession | undefined
  /** Segments that the present session has read or written. */
  #known = 0

  constructor(
    private readonly policy: Policy,
    private readonly group: string | undefined,
  ) {}

  /** Completes the segments laid end to end; only those that the session lacks are sent. */
  async complete(
    segments: readonly Segment[],
    sampling: Sampling,
    signal: AbortSignal,
  ): Promise<Completion> {
    this.#session ??= this.policy.open(this.group)
    try {
      const unread = tokensOf(segments.slice(this.#known))
      const completion = await this.#session.complete(unread, sampling, signal)
      this.#known = segments.length + 1
      return completion
    } catch (error) {
      this.close()
      throw error
    }
  }

  close(): void {
    this.#session?.close()
    this.#session = undefined
    this.#known = 0
  }
}
