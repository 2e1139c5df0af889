// Sessions that clients of the server hold, by id.

import { randomUUID } from 'node:crypto'
import { InfrastructureError } from '../../base/errors.ts'
import type { Sandbox, SandboxSession } from '../sandbox.ts'

export class SessionStore {
  readonly #sessions = new Map<string, SandboxSession>()

  constructor(private readonly sandbox: Sandbox) {}

  /** Throws `cancelled` where the client is gone before it could learn the id: nobody would close it. */
  async open(signal: AbortSignal): Promise<string> {
    for (const [id, { ended }] of this.#sessions) if (ended) this.#sessions.delete(id)
    const session = await this.sandbox.session()
    if (signal.aborted) {
      await session.close()
      throw new InfrastructureError('cancelled', 'the client is gone')
    }
    const id = randomUUID()
    this.#sessions.set(id, session)
    return id
  }

  /** Throws `session_lost` for an id that is not, or no longer, held. */
  get(id: string): SandboxSession {
    const session = this.#sessions.get(id)
    if (session) return session
    throw new InfrastructureError('session_lost', `no session ${id}`)
  }

  async close(id: string): Promise<void> {
    const session = this.#sessions.get(id)
    this.#sessions.delete(id)
    await session?.close()
  }

  forget(id: string): void {
    this.#sessions.delete(id)
  }
}
