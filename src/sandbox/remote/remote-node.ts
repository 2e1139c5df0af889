// One sandbox server as its clients see it: what it can take, whether it is well, what is on it.

import { Agent, request } from 'undici'
import { z } from 'zod'
import { InfrastructureError } from '../../base/errors.ts'
import { onAbort } from '../on-abort.ts'
import { requestIdHeader } from '../request-id.ts'
import type { Tier } from '../sandbox.ts'
import type { Answer } from './answer.ts'

/** How often a server is asked for its health, and how long an answer may take. */
export interface Pings {
  readonly everyMs: number
  readonly patienceMs: number
}

const usualPings: Pings = { everyMs: 500, patienceMs: 2_000 }
const failuresThatEject = 2
const unauthorized = 401

const health = z.object({
  tier: z.enum(['ns-root', 'ns-user', 'landlock', 'unsafe']),
  freeSlots: z.number(),
  running: z.number(),
})

/** Ended by `close`. Calls in flight on a server that stops answering are rejected as `node_ejected`. */
export class RemoteNode {
  /** Programs sent and not yet answered. */
  outstanding = 0
  sessions = 0
  tier: Tier = 'unsafe'
  /** Programs that it runs at a time, as its answers tell. */
  capacity = 1
  /** It has a token, and ours is another one. */
  refusesToken = false
  /** Told when the server can take programs again. */
  onReturn: () => void = () => {}
  #failures = 0
  #up = false
  #fullUntil = 0
  #closed = false
  /** One for each call in flight: a signal for all of them together would keep a trace of each. */
  readonly #flights = new Set<AbortController>()
  #agent = newAgent()
  #timer: NodeJS.Timeout | undefined
  #lastRequest = 0

  constructor(
    readonly url: string,
    private readonly token: string | undefined,
    private readonly pings = usualPings,
  ) {}

  get up(): boolean {
    return this.#up
  }

  /** Twice its slots: enough to keep it busy, little enough to move elsewhere when it fails. */
  get hasRoom(): boolean {
    const rested = performance.now() >= this.#fullUntil
    return this.#up && this.outstanding < 2 * this.capacity && rested
  }

  get load(): number {
    return this.outstanding / this.capacity
  }

  /** Asks for its health once, then again and again; never rejects. */
  async watch(): Promise<void> {
    const wasUp = this.#up
    try {
      const answer = await this.#send('GET', '/v1/health', {})
      this.refusesToken = answer.status === unauthorized
      const { tier, freeSlots, running } = health.parse(answer.body)
      if (answer.status !== 200) throw new Error('not well')
      this.tier = tier
      this.capacity = Math.max(1, freeSlots + running, this.capacity)
      this.#failures = 0
      this.#up = true
      if (!wasUp) this.onReturn()
    } catch {
      if (++this.#failures >= failuresThatEject || !wasUp) this.#eject()
    }
    if (this.#closed) return
    this.#timer = setTimeout(
      () => void this.watch(),
      this.pings.everyMs * (0.75 + Math.random() / 2),
    )
  }

  /**
   * Sends a request; rejects with `node_failed`, `node_ejected`, `stray_answer` (what came answers another
   * request) or, by the caller's signal, `cancelled`.
   */
  async post(path: string, body: object, signal?: AbortSignal): Promise<Answer> {
    if (signal?.aborted) throw new InfrastructureError('cancelled', 'the program was cancelled')
    const flight = new AbortController()
    const forgetSignal = signal && onAbort(signal, () => flight.abort())
    this.#flights.add(flight)
    try {
      return await this.#send('POST', path, { body, signal: flight.signal })
    } catch (error) {
      if (signal?.aborted) throw new InfrastructureError('cancelled', 'the program was cancelled')
      if (error instanceof InfrastructureError) throw error
      const kind = flight.signal.aborted ? 'node_ejected' : 'node_failed'
      const why = error instanceof Error ? error.message : String(error)
      if (kind === 'node_failed' && ++this.#failures >= failuresThatEject) this.#eject()
      throw new InfrastructureError(kind, `${this.url}: ${why}`, { cause: error })
    } finally {
      this.#flights.delete(flight)
      forgetSignal?.()
    }
  }

  async remove(path: string): Promise<void> {
    await this.#send('DELETE', path, {}).catch(() => {})
  }

  restUntilRetry(answer: { readonly retryAfterMs: number }): void {
    this.#fullUntil = performance.now() + answer.retryAfterMs
    setTimeout(() => this.onReturn(), answer.retryAfterMs + 1).unref()
  }

  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#timer)
    this.#endFlights()
    await this.#agent.destroy()
  }

  /** No more programs until it answers a ping; those on it go elsewhere. */
  #eject(): void {
    this.#up = false
    this.#endFlights()
  }

  #endFlights(): void {
    for (const flight of this.#flights) flight.abort()
  }

  async #send(method: 'GET' | 'POST' | 'DELETE', path: string, options: SendOptions) {
    const { body, signal } = options
    const id = String(++this.#lastRequest)
    const agent = this.#agent
    const response = await request(this.url + path, {
      method,
      dispatcher: agent,
      headers: {
        [requestIdHeader]: id,
        ...(this.token !== undefined && { authorization: `Bearer ${this.token}` }),
        ...(body && { 'content-type': 'application/json' }),
      },
      bodyTimeout: 0,
      ...(body && { body: JSON.stringify(body) }),
      signal: signal ?? AbortSignal.timeout(this.pings.patienceMs),
    })
    const answered = response.headers[requestIdHeader]
    if (answered !== undefined && answered !== id) {
      response.body.on('error', () => {}).destroy()
      this.#leave(agent)
      const why = `request ${id} was given the answer to ${answered}`
      throw new InfrastructureError('stray_answer', why)
    }
    const text = await response.body.text()
    return { status: response.statusCode, body: text === '' ? null : JSON.parse(text) }
  }

  /**
   * A connection on which an answer came twice gives each request the answer of the one before, and
   * which connection that is nobody tells: all are left, and closed when what is on them is answered.
   */
  #leave(agent: Agent): void {
    if (agent !== this.#agent || this.#closed) return
    this.#agent = newAgent()
    agent.close().catch(() => {}) // destroyed meanwhile
  }
}

function newAgent(): Agent {
  return new Agent({ connections: 256, keepAliveTimeout: 30_000, headersTimeout: 0 })
}

interface SendOptions {
  readonly body?: object
  readonly signal?: AbortSignal
}
