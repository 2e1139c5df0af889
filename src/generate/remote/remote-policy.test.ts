import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Sampling } from '../../trajectory/policy.ts'
import type { MockServer } from './mock-server.fixture.ts'
import { endToken, mockServer } from './mock-server.fixture.ts'
import { openAiPolicy } from './openai-policy.ts'
import type { RemoteOptions, RemotePolicy } from './remote-policy.ts'
import { sglangPolicy } from './sglang-policy.ts'
import { vllmPolicy } from './vllm-policy.ts'

const text = 'think <code>x</code> and more'
const codec = {
  encode: (given: string) => [...Buffer.from(given)],
  decode: (tokens: readonly number[]) => Buffer.from(tokens).toString(),
}
const bytes = codec.encode
const sampling: Sampling = {
  temperature: 0.7,
  topP: 0.9,
  topK: 0,
  minP: 0.05,
  tokenLimit: 100,
  stopStrings: [],
  stopTokens: [endToken],
  seed: 7,
}
const untilCode = { ...sampling, stopStrings: ['</answer>', '</code>'] }

let server: MockServer
beforeEach(async () => {
  server = await mockServer(text)
})
afterEach(() => server.close())

const kinds: Record<string, (options: RemoteOptions) => Promise<RemotePolicy>> = {
  vllm: vllmPolicy,
  sglang: sglangPolicy,
  openai: (options) => openAiPolicy({ ...options, codec }),
}

describe.each(Object.entries(kinds))('%s', (kind, connect) => {
  const session = async () => (await connect({ url: server.url })).open()

  test('a stop string, a stop token and the token limit end completions', async () => {
    const open = await session()
    const stopped = await open.complete(bytes('Q'), untilCode)
    expect(stopped.finish).toEqual({ kind: 'stopString', text: '</code>' })
    expect(stopped.tokens).toEqual(bytes('think <code>x</code>'))
    const ended = await open.complete(bytes('A'), sampling)
    expect(ended.finish).toEqual({ kind: 'stopToken', token: endToken })
    expect(ended.tokens).toEqual([...bytes(text), endToken])
    const cut = await open.complete([], { ...sampling, tokenLimit: 4 })
    expect(cut).toMatchObject({ finish: { kind: 'length' }, tokens: bytes('thin') })
    for (const { tokens, logprobs } of [stopped, ended, cut]) {
      const expected = kind === 'openai' ? Number.NaN : undefined
      expect(logprobs).toEqual(tokens.map((token) => expected ?? -token / 512))
    }
  })

  test('every turn sends all tokens so far, and none is encoded again', async () => {
    const open = await session()
    const first = await open.complete(bytes('Q?'), untilCode)
    await open.complete(bytes('<interpreter>1</interpreter>'), untilCode)
    const prompts = server.requests
      .map(({ body }) => body['input_ids'] ?? body['prompt'])
      .filter((prompt) => prompt !== undefined)
    const second = [...bytes('Q?'), ...first.tokens, ...bytes('<interpreter>1</interpreter>')]
    expect(prompts).toEqual(
      kind === 'openai' ? ['Q?', codec.decode(second)] : [bytes('Q?'), second],
    )
  })

  test('what is ours is an InfrastructureError, what the user can mend a UserError', async () => {
    const open = await session()
    const failing = (fault: MockServer['faults'][number]) => {
      server.faults.push(fault)
      return expect(open.complete([1], sampling)).rejects
    }
    await failing({ status: 500, text: 'boom' }).toMatchObject({ kind: 'server_error' })
    await failing({ status: 503, text: 'full' }).toMatchObject({ kind: 'server_busy' })
    await failing('cut').toMatchObject({ kind: 'server_unreachable' })
    await failing({ status: 400, text: 'too long' }).toMatchObject({
      name: 'UserError',
      message: expect.stringContaining('too long'),
    })
    await failing({ status: 200, text: '{"choices": 1}' }).toMatchObject({
      name: 'InfrastructureError',
    })
    expect((await open.complete([1], sampling)).finish.kind).toBe('stopToken')
  })

  test('an abort rejects with its reason', async () => {
    const open = await session()
    const controller = new AbortController()
    server.faults.push('hang')
    const waiting = open.complete([1], sampling, controller.signal)
    controller.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
  })

  test('the model and its context length come from the server', async () => {
    expect((await connect({ url: server.url })).contextLength).toBe(4096)
    expect((await connect({ url: server.url, contextLength: 99 })).contextLength).toBe(99)
    await expect(connect({ url: server.url, model: 'large' })).rejects.toThrow(/it has: small/)
    await expect(connect({ url: 'http://127.0.0.1:9' })).rejects.toMatchObject({
      kind: 'server_unreachable',
    })
  })
})

test('vllm is asked for ids, log-probs and whole stop strings', async () => {
  const policy = await vllmPolicy({ url: server.url, apiKey: 'key' })
  await policy.open().complete([5, 6], untilCode)
  expect(server.requests.at(-1)).toEqual({
    path: '/v1/completions',
    body: {
      model: 'small',
      prompt: [5, 6],
      max_tokens: 100,
      temperature: 0.7,
      top_p: 0.9,
      top_k: 0,
      min_p: 0.05,
      seed: 7,
      stop: ['</answer>', '</code>'],
      stop_token_ids: [endToken],
      include_stop_str_in_output: true,
      skip_special_tokens: false,
      logprobs: 0,
      return_token_ids: true,
    },
  })
})

test('sglang loads new weights while it is paused, and the version rises', async () => {
  const policy = await sglangPolicy({ url: server.url })
  expect((await policy.open().complete([1], sampling)).policyVersion).toBe(0)
  await policy.updateWeights('/weights/step-1')
  expect(server.requests.slice(-3)).toEqual([
    { path: '/pause_generation', body: {} },
    { path: '/update_weights_from_disk', body: { model_path: '/weights/step-1' } },
    { path: '/continue_generation', body: {} },
  ])
  expect(policy.version).toBe(1)
  expect((await policy.open().complete([1], sampling)).policyVersion).toBe(1)
})
