import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import type { ChatRequest } from '../../trajectory/chat-model.ts'
import { chatServer } from './chat-server.ts'

interface Answer {
  readonly status?: number
  readonly body: unknown
  readonly headers?: Readonly<Record<string, string>>
}

let server: Server | undefined
afterEach(() => server?.close())

/** A server that answers in turn, and what it was sent. */
async function serve(...answers: Answer[]) {
  const got: { path: string; headers: IncomingHttpHeaders; body: unknown }[] = []
  server = createServer(async (request, response) => {
    let text = ''
    for await (const chunk of request) text += String(chunk)
    got.push({ path: request.url ?? '', headers: request.headers, body: JSON.parse(text) })
    const { status = 200, body, headers } = answers.shift() ?? { status: 500, body: 'no more' }
    response.writeHead(status, headers).end(JSON.stringify(body))
  })
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { url, got }
}

const said = (message: object, finish_reason = 'stop'): Answer => ({
  body: {
    choices: [{ message, finish_reason }],
    usage: { prompt_tokens: 7, completion_tokens: 3 },
  },
})

const request: ChatRequest = {
  messages: [{ role: 'user', content: 'What is 3 * 4?' }],
  temperature: 1,
  topP: 0.7,
  tokenLimit: 50,
  stopStrings: ['</code>'],
  seed: 5,
}

test('text comes back with its counts; the key and the sampling go along', async () => {
  const { url, got } = await serve(
    said({ content: 'It is 12.' }),
    said({ content: null }, 'length'),
  )
  const model = chatServer({ url, model: 'big', apiKey: 'secret' })
  expect(await model.reply(request)).toEqual({
    text: 'It is 12.',
    calls: [],
    isCut: false,
    promptTokens: 7,
    completionTokens: 3,
  })
  expect(got[0]).toMatchObject({
    path: '/v1/chat/completions',
    headers: { authorization: 'Bearer secret' },
    body: { model: 'big', temperature: 1, top_p: 0.7, max_tokens: 50, stop: ['</code>'], seed: 5 },
  })
  expect(await model.reply(request)).toMatchObject({ text: '', isCut: true })
  await model.close()
})

test('tool calls and their outputs keep their names and ids', async () => {
  const called = { id: 'c1', function: { name: 'interpreter', arguments: '{"code": "print(12)"}' } }
  const { url, got } = await serve(said({ content: null, tool_calls: [called] }, 'tool_calls'))
  const model = chatServer({ url: `${url}/v1/`, model: 'big' })
  const { calls } = await model.reply({
    ...request,
    stopStrings: [],
    tools: [{ type: 'function' }],
    messages: [
      ...request.messages,
      {
        role: 'assistant',
        content: '',
        calls: [{ id: 'c0', name: 'interpreter', arguments: '{}' }],
      },
      { role: 'tool', content: 'no code', callId: 'c0' },
    ],
  })
  expect(calls).toEqual([{ id: 'c1', name: 'interpreter', arguments: '{"code": "print(12)"}' }])
  expect(got[0]?.body).toMatchObject({
    tools: [{ type: 'function' }],
    messages: [
      { role: 'user' },
      { role: 'assistant', tool_calls: [{ id: 'c0', type: 'function' }] },
      { role: 'tool', tool_call_id: 'c0', content: 'no code' },
    ],
  })
  await model.close()
})

test('what may pass says when to try again, what will not is the user’s', async () => {
  const { url } = await serve(
    { status: 429, body: {}, headers: { 'retry-after': '2' } },
    { status: 401, body: { error: 'no such key' } },
    { body: { choices: [] } },
  )
  const model = chatServer({ url, model: 'big' })
  await expect(model.reply(request)).rejects.toMatchObject({ retryAfterMs: 2_000 })
  await expect(model.reply(request)).rejects.toThrow(/no such key/)
  await expect(model.reply(request)).rejects.toMatchObject({ kind: 'bad_reply' })
  await model.close()
})
