// JSON over HTTP to an inference server, without time limits of its own: generations are long.

import { createParser } from 'eventsource-parser'
import { Agent, type Dispatcher, request } from 'undici'
import { InfrastructureError, UserError } from '../../base/errors.ts'

export interface HttpOptions {
  /** The server's root, such as `http://127.0.0.1:8000`; a path before `/v1` is kept. */
  readonly url: string
  readonly apiKey?: string
  readonly headers?: Readonly<Record<string, string>>
}

/**
 * A refusal (4xx) is a UserError with the server's words, since asking again cannot help; anything
 * else that goes wrong is an InfrastructureError: `server_unreachable`, `server_busy`,
 * `server_error` or `bad_reply`. An abort rejects with the signal's reason.
 */
export class HttpClient {
  readonly #agent = new Agent({ headersTimeout: 0, bodyTimeout: 0, connect: { timeout: 10_000 } })

  constructor(private readonly options: HttpOptions) {}

  async get(path: string, signal?: AbortSignal): Promise<unknown> {
    return this.#json(await this.#send('GET', path, undefined, signal), path, signal)
  }

  async post(path: string, body: object, signal?: AbortSignal): Promise<unknown> {
    return this.#json(await this.#send('POST', path, body, signal), path, signal)
  }

  /** The data of each server-sent event up to `[DONE]`. Leaving the loop ends the generation. */
  async *events(path: string, body: object, signal?: AbortSignal): AsyncGenerator<unknown> {
    const response = await this.#send('POST', path, body, signal)
    const waiting: string[] = []
    const parser = createParser({ onEvent: ({ data }) => waiting.push(data) })
    const decoder = new TextDecoder()
    try {
      for await (const chunk of response.body) {
        parser.feed(decoder.decode(chunk, { stream: true }))
        for (const data of waiting.splice(0)) {
          if (data === '[DONE]') return
          yield parsed(data, path)
        }
      }
    } catch (error) {
      throw signal?.aborted ? signal.reason : asFailure(error, this.options.url)
    } finally {
      response.body.destroy()
    }
  }

  close(): Promise<void> {
    return this.#agent.destroy()
  }

  async #json(
    response: Dispatcher.ResponseData,
    path: string,
    signal: AbortSignal | undefined,
  ): Promise<unknown> {
    try {
      return parsed(await response.body.text(), path)
    } catch (error) {
      throw signal?.aborted ? signal.reason : asFailure(error, this.options.url)
    }
  }

  async #send(
    method: 'GET' | 'POST',
    path: string,
    body: object | undefined,
    signal: AbortSignal | undefined,
  ): Promise<Dispatcher.ResponseData> {
    const { url, apiKey, headers } = this.options
    let response: Dispatcher.ResponseData
    try {
      response = await request(`${url.replace(/\/+$/, '')}${path}`, {
        method,
        dispatcher: this.#agent,
        headers: {
          ...(body && { 'content-type': 'application/json' }),
          ...(apiKey && { authorization: `Bearer ${apiKey}` }),
          ...headers,
        },
        ...(body && { body: JSON.stringify(body) }),
        ...(signal && { signal }),
      })
    } catch (error) {
      throw signal?.aborted ? signal.reason : asFailure(error, url)
    }
    if (response.statusCode >= 200 && response.statusCode < 300) return response
    throw refusal(`${url}${path}`, response, await response.body.text().catch(() => ''))
  }
}

function parsed(text: string, path: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new InfrastructureError('bad_reply', `${path}: no JSON: ${text.slice(0, 120)}`)
  }
}

function asFailure(error: unknown, url: string): Error {
  if (error instanceof InfrastructureError || error instanceof UserError) return error
  const why = error instanceof Error ? error.message || error.name : String(error)
  return new InfrastructureError('server_unreachable', `${url}: ${why}`, { cause: error })
}

function refusal(
  place: string,
  { statusCode: status, headers }: Dispatcher.ResponseData,
  body: string,
): Error {
  const message = `${place}: HTTP ${status}: ${body.slice(0, 300)}`
  if (status === 429 || status === 503) {
    const seconds = Number(headers['retry-after'] ?? Number.NaN)
    const wait = Number.isFinite(seconds) ? { retryAfterMs: seconds * 1_000 } : {}
    return new InfrastructureError('server_busy', message, wait)
  }
  if (status >= 500 || status === 408) return new InfrastructureError('server_error', message)
  return new UserError(message)
}
