// A teacher: a model behind an OpenAI-compatible server that rewrites solutions. Every reply is
// kept, so that a run that was cut off asks only for what is missing.

import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Agent, fetch, type Headers } from 'undici'
import { InfrastructureError, UserError } from '../base/errors.ts'
import { RecordLog } from '../base/record-log.ts'
import type { ChatMessage } from '../tool/tool.ts'
import { RateLimit } from './rate-limit.ts'

export interface TeacherOptions {
  /** Base address, such as `http://127.0.0.1:8000/v1`. */
  readonly url: string
  readonly model: string
  readonly apiKey?: string
  readonly temperature?: number
  /** Most tokens of one reply. */
  readonly tokenLimit?: number
  readonly timeoutMs?: number
  /** Further tries after a lost connection, a 429 or a 5xx. */
  readonly retries?: number
  /** First wait before a further try; doubles each time unless the server says otherwise. */
  readonly retryDelayMs?: number
  readonly requestsPerMinute?: number
  /** Dollars per million tokens. */
  readonly prices?: { readonly prompt: number; readonly completion: number }
  /** Dollars, earlier runs with the same ledger included; needs `prices`. */
  readonly costLimit?: number
  /** File of all replies. */
  readonly ledger: string
}

export interface TeacherCost {
  readonly requests: number
  /** Replies taken from the ledger. */
  readonly remembered: number
  readonly promptTokens: number
  readonly completionTokens: number
  readonly dollars: number
}

/** The cost limit is reached: nothing is lost, and a run with a higher limit goes on. */
export class CostLimitReached extends Error {
  override readonly name = 'CostLimitReached'
}

interface Reply {
  readonly key: string
  readonly text: string
  readonly promptTokens: number
  readonly completionTokens: number
}

/** The global fetch gives up after 300 s without a byte, and a long reply takes longer. */
const patient = new Agent({ headersTimeout: 0, bodyTimeout: 0 })

export class Teacher {
  readonly #known: Map<string, Reply>
  readonly #rate: RateLimit
  #requests = 0
  #remembered = 0

  private constructor(
    private readonly options: TeacherOptions,
    private readonly log: RecordLog<Reply>,
  ) {
    this.#known = new Map(log.records.map((reply) => [reply.key, reply]))
    this.#rate = new RateLimit(options.requestsPerMinute ?? Number.POSITIVE_INFINITY)
  }

  static async open(options: TeacherOptions): Promise<Teacher> {
    if (options.costLimit !== undefined && !options.prices) {
      throw new UserError(
        'a cost limit needs the prices per million prompt and completion tokens',
        2,
      )
    }
    return new Teacher(options, await RecordLog.open<Reply>(options.ledger))
  }

  get name(): string {
    return `teacher:${this.options.model}`
  }

  get cost(): TeacherCost {
    const replies = [...this.#known.values()]
    const sum = (of: (reply: Reply) => number) => replies.reduce((total, r) => total + of(r), 0)
    const promptTokens = sum((reply) => reply.promptTokens)
    const completionTokens = sum((reply) => reply.completionTokens)
    const { prompt = 0, completion = 0 } = this.options.prices ?? {}
    return {
      requests: this.#requests,
      remembered: this.#remembered,
      promptTokens,
      completionTokens,
      dollars: (promptTokens * prompt + completionTokens * completion) / 1_000_000,
    }
  }

  /**
   * The reply's text. Throws CostLimitReached before a request beyond the limit, UserError where
   * the server refuses for good, InfrastructureError `teacher` where it stays out of reach.
   */
  async ask(messages: readonly ChatMessage[], signal: AbortSignal): Promise<string> {
    const { model, temperature = 0, tokenLimit = 4_096 } = this.options
    const body = { model, messages, temperature, max_tokens: tokenLimit }
    const key = createHash('sha256').update(JSON.stringify(body)).digest('hex')
    const known = this.#known.get(key)
    if (known) {
      this.#remembered++
      return known.text
    }
    const { costLimit } = this.options
    if (costLimit !== undefined && this.cost.dollars >= costLimit) {
      throw new CostLimitReached(`the cost limit of ${costLimit} dollars is reached`)
    }
    const reply = { key, ...(await this.#request(body, signal)) }
    this.#known.set(key, reply)
    await this.log.append(reply)
    return reply.text
  }

  async #request(body: unknown, signal: AbortSignal): Promise<Omit<Reply, 'key'>> {
    const { retries = 5, retryDelayMs = 1_000 } = this.options
    for (let attempt = 0; ; attempt++) {
      await this.#rate.wait(signal)
      this.#requests++
      const outcome = await this.#send(body, signal)
      if (outcome.kind === 'reply') return outcome.reply
      if (attempt >= retries) {
        throw new InfrastructureError(
          'teacher',
          `${this.options.url}: ${outcome.why}; tried ${attempt + 1} times`,
        )
      }
      const wait = outcome.waitMs ?? retryDelayMs * 2 ** attempt
      await sleep(wait, undefined, { signal })
    }
  }

  async #send(body: unknown, signal: AbortSignal): Promise<Outcome> {
    const { url, apiKey, timeoutMs = 600_000 } = this.options
    try {
      const response = await fetch(`${url.replace(/\/$/, '')}/chat/completions`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(apiKey && { authorization: `Bearer ${apiKey}` }),
        },
        body: JSON.stringify(body),
        dispatcher: patient,
        signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
      })
      return outcomeOf(response.status, await response.text(), response.headers, url)
    } catch (error) {
      signal.throwIfAborted()
      if (error instanceof UserError) throw error
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
      return { kind: 'again', why: String(cause), waitMs: null }
    }
  }
}

type Outcome =
  | { readonly kind: 'reply'; readonly reply: Omit<Reply, 'key'> }
  | { readonly kind: 'again'; readonly why: string; readonly waitMs: number | null }

function outcomeOf(status: number, text: string, headers: Headers, url: string): Outcome {
  if (status === 429 || status >= 500) {
    const seconds = Number(headers.get('retry-after') ?? Number.NaN)
    return {
      kind: 'again',
      why: `status ${status}`,
      waitMs: Number.isFinite(seconds) ? seconds * 1_000 : null,
    }
  }
  if (status !== 200) {
    throw new UserError(`${url}: the teacher refused with status ${status}: ${text.slice(0, 300)}`)
  }
  const parsed = parseReply(text)
  return parsed
    ? { kind: 'reply', reply: parsed }
    : { kind: 'again', why: `an unreadable reply: ${text.slice(0, 100)}`, waitMs: null }
}

function parseReply(text: string): Omit<Reply, 'key'> | undefined {
  try {
    const body = JSON.parse(text)
    const content: unknown = body.choices?.[0]?.message?.content
    if (typeof content !== 'string') return undefined
    return {
      text: content,
      promptTokens: Number(body.usage?.prompt_tokens ?? 0),
      completionTokens: Number(body.usage?.completion_tokens ?? 0),
    }
  } catch {
    return undefined
  }
}
