// A teacher: a model that rewrites solutions, behind a server or on this machine. Every reply is
// kept, so that a run that was cut off asks only for what is missing.

import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { InfrastructureError, UserError } from '../base/errors.ts'
import { RecordLog } from '../base/record-log.ts'
import type { ChatMessage } from '../tool/tool.ts'
import type { ChatModel, ChatReply } from '../trajectory/chat-model.ts'
import { RateLimit } from './rate-limit.ts'

export interface TeacherOptions {
  readonly model: ChatModel
  readonly temperature?: number
  /** Most tokens of one reply. */
  readonly tokenLimit?: number
  /** For one reply; no limit if omitted. */
  readonly timeoutMs?: number
  /** Further tries after what may pass: a lost connection, a 429 or a 5xx. */
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

export class Teacher {
  /** Text by the digest of what was asked. */
  readonly #known: Map<string, string>
  readonly #rate: RateLimit
  #requests = 0
  #remembered = 0
  #promptTokens = 0
  #completionTokens = 0
  /** Most dollars that the requests now under way can cost. */
  #reserved = 0
  readonly #waiting: (() => void)[] = []

  private constructor(
    private readonly options: TeacherOptions,
    private readonly log: RecordLog<Reply>,
  ) {
    this.#known = new Map(log.records.map(({ key, text }) => [key, text]))
    for (const reply of log.records) this.#count(reply)
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
    return `teacher:${this.options.model.name}`
  }

  get cost(): TeacherCost {
    const tokens = {
      promptTokens: this.#promptTokens,
      completionTokens: this.#completionTokens,
    }
    return {
      requests: this.#requests,
      remembered: this.#remembered,
      ...tokens,
      dollars: this.#dollars(tokens),
    }
  }

  /**
   * The reply's text. Throws CostLimitReached before a request that could go beyond the limit,
   * UserError where the server refuses for good, InfrastructureError where it stays out of reach.
   */
  async ask(messages: readonly ChatMessage[], signal: AbortSignal): Promise<string> {
    const { model, temperature = 0, tokenLimit = 4_096 } = this.options
    const asked = { model: model.name, messages, temperature, max_tokens: tokenLimit }
    const key = createHash('sha256').update(JSON.stringify(asked)).digest('hex')
    const known = this.#known.get(key)
    if (known !== undefined) {
      this.#remembered++
      return known
    }
    // No token is shorter than a byte.
    const promptTokens = Buffer.byteLength(JSON.stringify(messages))
    const most = this.#dollars({ promptTokens, completionTokens: tokenLimit })
    await this.#reserve(most)
    try {
      const { text, ...counts } = await this.#request(messages, signal)
      const reply = {
        key,
        text,
        promptTokens: counts.promptTokens ?? 0,
        completionTokens: counts.completionTokens ?? 0,
      }
      this.#known.set(key, text)
      this.#count(reply)
      await this.log.append(reply)
      return text
    } finally {
      this.#reserved -= most
      for (const look of this.#waiting.splice(0)) look()
    }
  }

  #count({ promptTokens, completionTokens }: Reply): void {
    this.#promptTokens += promptTokens
    this.#completionTokens += completionTokens
  }

  #dollars(tokens: Pick<TeacherCost, 'promptTokens' | 'completionTokens'>): number {
    const { prompt = 0, completion = 0 } = this.options.prices ?? {}
    return (tokens.promptTokens * prompt + tokens.completionTokens * completion) / 1_000_000
  }

  /** Waits while only requests under way stand between the next one and the limit. */
  async #reserve(most: number): Promise<void> {
    const { costLimit = Number.POSITIVE_INFINITY } = this.options
    while (this.cost.dollars + this.#reserved + most > costLimit) {
      const { dollars } = this.cost
      if (dollars + most > costLimit) {
        throw new CostLimitReached(
          `the cost limit of ${costLimit} dollars: ${dollars.toFixed(4)} are spent, and the next request could go beyond it`,
        )
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
    this.#reserved += most
  }

  async #request(messages: readonly ChatMessage[], signal: AbortSignal): Promise<ChatReply> {
    const { model, temperature = 0, tokenLimit = 4_096, timeoutMs } = this.options
    const { retries = 5, retryDelayMs = 1_000 } = this.options
    const request = { messages, temperature, tokenLimit, topP: 1, stopStrings: [], seed: 0 }
    for (let attempt = 0; ; attempt++) {
      await this.#rate.wait(signal)
      this.#requests++
      const late = timeoutMs === undefined ? null : AbortSignal.timeout(timeoutMs)
      try {
        return await model.reply(request, late ? AbortSignal.any([signal, late]) : signal)
      } catch (error) {
        signal.throwIfAborted()
        if (!late?.aborted && !(error instanceof InfrastructureError)) throw error
        const why = late?.aborted ? `no reply within ${timeoutMs} ms` : messageOf(error)
        if (attempt >= retries) {
          throw new InfrastructureError(
            'teacher',
            `${model.name}: ${why}; tried ${attempt + 1} times. Replies are kept: the same command goes on from here`,
          )
        }
        const asked = error instanceof InfrastructureError ? error.retryAfterMs : undefined
        await sleep(asked ?? retryDelayMs * 2 ** attempt, undefined, { signal })
      }
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
