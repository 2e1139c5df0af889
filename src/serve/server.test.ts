import { afterEach, expect, test } from 'vitest'
import { byteCodec } from '../tool/byte-codec.fixture.ts'
import { chatMl } from '../tool/chatml.fixture.ts'
import { scriptedPolicy } from '../trajectory/scripted-policy.fixture.ts'
import type { WatchedPolicy } from './served-model.ts'
import { startServer } from './server.ts'
import { closeServers, decoderOfBytes, saying, serving, user, watched } from './serving.fixture.ts'

afterEach(closeServers)

test('completions take text or ids, one or many, and end at their limit', async () => {
  const { client, seen } = await serving(saying('abcdef'))
  const ids = byteCodec.encode('Q<')
  const one = await client.completions.create({
    model: 'small',
    prompt: [...ids],
    max_tokens: 3,
    logprobs: 0,
  })
  expect(seen[0]?.text).toBe('Q<')
  expect(one.choices[0]).toMatchObject({ text: 'abc', finish_reason: 'length' })
  expect(one.choices[0]?.logprobs?.tokens).toEqual(['a', 'b', 'c'])
  expect(one.usage).toEqual({ prompt_tokens: 2, completion_tokens: 3, total_tokens: 5 })
  const many = await client.completions.create({ model: 'small', prompt: ['x', 'y'], n: 2 })
  expect(many.choices.map(({ index, text }) => [index, text])).toEqual([
    [0, 'abcdef'],
    [1, 'abcdef'],
    [2, 'abcdef'],
    [3, 'abcdef'],
  ])
})

test('what cannot be served is refused in words', async () => {
  const { client, connect } = await serving(saying('Hi'), { apiKey: 'key', contextLength: 60 })
  const messages = [user('Hi')]
  const refused = (body: object, keyed = client) =>
    expect(keyed.chat.completions.create({ model: 'small', messages, ...body } as never)).rejects
  await refused({}, connect('wrong')).toMatchObject({ status: 401 })
  await refused({ model: 'large' }).toMatchObject({
    status: 404,
    message: expect.stringMatching(/this server has small/),
  })
  await refused({ temprature: 1 }).toMatchObject({
    status: 400,
    message: expect.stringMatching(/did you mean temperature/),
  })
  await refused({ top_logprobs: 5 }).toMatchObject({ status: 400, param: 'top_logprobs' })
  await refused({ messages: [user('x'.repeat(99))] }).toMatchObject({
    message: expect.stringMatching(/reads at most 60/),
  })
  await refused({ messages: [] }).toMatchObject({ status: 400 })
  const models = await client.models.list()
  expect(models.data.map(({ id }) => id)).toEqual(['small'])
})

test('a client that goes away ends its generation', async () => {
  let aborted: () => void = () => {}
  const ended = new Promise<void>((resolve) => {
    aborted = resolve
  })
  const base = scriptedPolicy(saying('never'))
  const policy: WatchedPolicy = {
    version: 0,
    contextLength: 4096,
    open: () => ({
      complete: (_tokens, _sampling, signal) =>
        new Promise((_resolve, reject) => {
          signal?.addEventListener('abort', () => {
            aborted()
            reject(signal.reason)
          })
        }),
      close() {},
    }),
  }
  const { client } = await serving(saying('unused'), { policy })
  const controller = new AbortController()
  const request = { model: 'small', messages: [user('Hi')], stream: true as const }
  const stream = await client.chat.completions.create(request, { signal: controller.signal })
  setTimeout(() => controller.abort(), 20)
  for await (const _ of stream) expect(base.sessions).toEqual([])
  await ended
})

test('a port that is taken is a mistake that the user can mend', async () => {
  const { server } = await serving(saying('Hi'))
  const port = Number(new URL(server.url).port)
  const other = { name: 'x', policy: watched(scriptedPolicy(saying(''))), codec: byteCodec }
  await expect(
    startServer(
      {
        ...other,
        template: chatMl({ knowsTools: false }),
        makeDecoder: decoderOfBytes,
        stopTokens: [],
      },
      { port },
    ),
  ).rejects.toThrow(/cannot listen on .* choose another --port/)
})
