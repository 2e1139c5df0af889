// An inference server for tests that speaks the wire formats of vLLM, SGLang and OpenAI. Its model
// writes a fixed text; one token a byte, 300 ends a turn.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

type Body = Readonly<Record<string, unknown>>

export interface MockServer {
  readonly url: string
  /** Paths and bodies of what came in, in order. */
  readonly requests: { readonly path: string; readonly body: Body }[]
  /** Answers the next requests so instead: an HTTP status with its text, or cuts the connection. */
  readonly faults: ({ readonly status: number; readonly text: string } | 'cut' | 'hang')[]
  close(): Promise<void>
}

export const endToken = 300

const logprobOf = (token: number) => -token / 512

/** What the model writes, cut as a server cuts it. */
function written(text: string, body: Body, limitKey: string) {
  const stops = (body['stop'] ?? []) as string[]
  const limit = body[limitKey] as number
  const ends = stops.flatMap((stop) => {
    const at = text.indexOf(stop)
    return at === -1 ? [] : [{ stop, end: at + stop.length }]
  })
  const first = ends.sort((a, b) => a.end - b.end)[0]
  const whole = first
    ? [...Buffer.from(text.slice(0, first.end))]
    : [...Buffer.from(text), endToken]
  if (whole.length > limit) return { tokens: whole.slice(0, limit), stop: 'length' as const }
  return { tokens: whole, stop: first?.stop ?? endToken }
}

function vllmReply(text: string, body: Body) {
  const { tokens, stop } = written(text, body, 'max_tokens')
  return {
    id: 'cmpl-1',
    object: 'text_completion',
    created: 1,
    model: body['model'],
    choices: [
      {
        index: 0,
        text: Buffer.from(tokens.filter((token) => token < 256)).toString(),
        logprobs: {
          text_offset: tokens.map((_, index) => index),
          token_logprobs: tokens.map(logprobOf),
          tokens: tokens.map(String),
          top_logprobs: tokens.map(() => null),
        },
        finish_reason: stop === 'length' ? 'length' : 'stop',
        stop_reason: typeof stop === 'string' && stop !== 'length' ? stop : null,
        token_ids: tokens,
        prompt_token_ids: body['prompt'],
      },
    ],
    usage: { prompt_tokens: 1, completion_tokens: tokens.length, total_tokens: 2 },
  }
}

function sglangReply(text: string, body: Body) {
  const { tokens, stop } = written(text, body['sampling_params'] as Body, 'max_new_tokens')
  return {
    text,
    output_ids: tokens,
    meta_info: {
      id: 'a1',
      finish_reason:
        stop === 'length'
          ? { type: 'length', length: tokens.length }
          : { type: 'stop', matched: stop },
      prompt_tokens: 1,
      weight_version: 'default',
      completion_tokens: tokens.length,
      output_token_logprobs: tokens.map((token) => [logprobOf(token), token, null]),
    },
  }
}

/** Three characters an event, and the text without its stop, as OpenAI has it. */
function streamText(text: string, body: Body, response: ServerResponse): void {
  const limit = body['max_tokens'] as number
  const kept = text.slice(0, limit)
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  const send = (data: unknown) => response.write(`data: ${JSON.stringify(data)}\n\n`)
  for (let start = 0; start < kept.length; start += 3) {
    send({ choices: [{ index: 0, text: kept.slice(start, start + 3), finish_reason: null }] })
  }
  const reason = kept.length < text.length ? 'length' : 'stop'
  send({ choices: [{ index: 0, text: '', finish_reason: reason }] })
  response.end('data: [DONE]\n\n')
}

async function bodyOf(request: IncomingMessage): Promise<Body> {
  let text = ''
  for await (const chunk of request) text += chunk
  return text === '' ? {} : JSON.parse(text)
}

export async function mockServer(text: string): Promise<MockServer> {
  const requests: MockServer['requests'] = []
  const faults: MockServer['faults'] = []
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const path = request.url ?? ''
    const body = await bodyOf(request)
    requests.push({ path, body })
    const json = (value: unknown, status = 200) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
    if (path === '/v1/models') {
      return json({ object: 'list', data: [{ id: 'small', object: 'model', max_model_len: 4096 }] })
    }
    const fault = faults.shift()
    if (fault === 'cut') return request.socket.destroy()
    if (fault === 'hang') return undefined
    if (fault) return response.writeHead(fault.status).end(fault.text)
    if (path === '/generate') return json(sglangReply(text, body))
    if (path === '/update_weights_from_disk') return json({ success: true, message: 'ok' })
    if (path.endsWith('_generation')) return json({ status: 'ok' })
    if (body['stream']) return streamText(text, body, response)
    return json(vllmReply(text, body))
  }
  const server = createServer((request, response) => void answer(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    faults,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
