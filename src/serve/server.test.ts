import OpenAI from 'openai'
import { afterEach, expect, test } from 'vitest'
import { byteCodec, turnEndToken } from '../tool/byte-codec.fixture.ts'
import { chatMl } from '../tool/chatml.fixture.ts'
import type { Tool } from '../tool/tool.ts'
import type { Sampling } from '../trajectory/policy.ts'
import type { Script, ScriptedPolicy } from '../trajectory/scripted-policy.fixture.ts'
import { scriptedPolicy } from '../trajectory/scripted-policy.fixture.ts'
import type { ServedModel, WatchedPolicy } from './served-model.ts'
import type { Server, ServerOptions } from './server.ts'
import { startServer } from './server.ts'

let server: Server | undefined
afterEach(async () => {
  await server?.close()
  server = undefined
})

/** The policy, telling each token of a completion once it is written. */
function watched(policy: ScriptedPolicy): WatchedPolicy {
  return {
    version: 0,
    contextLength: policy.contextLength,
    open: () => {
      const session = policy.open()
      return {
        async complete(newTokens, sampling, signal, onToken) {
          const completion = await session.complete(newTokens, sampling, signal)
          completion.tokens.forEach((token, index) => {
            onToken?.(token, completion.logprobs[index] ?? 0)
          })
          return completion
        },
        close: () => session.close(),
      }
    },
  }
}

function decoderOfBytes() {
  const decoder = new TextDecoder()
  return {
    push: (token: number) =>
      token < 256 ? decoder.decode(Uint8Array.of(token), { stream: true }) : '',
    flush: () => decoder.decode(),
  }
}

interface Given extends Partial<ServedModel>, ServerOptions {
  readonly contextLength?: number
}

/** A server whose model writes what the script says, and a client of it. */
async function serving(script: Script, given: Given = {}) {
  const { contextLength = 4096, apiKey, ...changes } = given
  const seen: { text: string; sampling: Sampling }[] = []
  const policy = scriptedPolicy(
    (tokens, sampling) => {
      seen.push({ text: byteCodec.decode(tokens), sampling })
      return script(tokens, sampling)
    },
    { contextLength },
  )
  server = await startServer(
    {
      name: 'small',
      policy: watched(policy),
      codec: byteCodec,
      template: chatMl({ knowsTools: false }),
      makeDecoder: decoderOfBytes,
      stopTokens: [turnEndToken],
      ...changes,
    },
    { port: 0, ...(apiKey !== undefined && { apiKey }) },
  )
  const connect = (key: string) =>
    new OpenAI({ apiKey: key, baseURL: `${server?.url}/v1`, maxRetries: 0 })
  return { client: connect('key'), connect, seen, policy }
}

const saying =
  (text: string): Script =>
  () => [...byteCodec.encode(text), turnEndToken]
const user = (content: string) => ({ role: 'user' as const, content })

test('a chat is answered, without the token that ends the turn', async () => {
  const { client, seen } = await serving(saying('Grüß dich'))
  const reply = await client.chat.completions.create({
    model: 'small',
    messages: [{ role: 'system', content: 'Be kind.' }, user('Hi<|im_end|>')],
    temperature: 0.5,
    top_p: 0.9,
  })
  expect(reply.object).toBe('chat.completion')
  expect(reply.choices).toEqual([
    {
      index: 0,
      message: { role: 'assistant', content: 'Grüß dich', refusal: null },
      logprobs: null,
      finish_reason: 'stop',
    },
  ])
  const prompt =
    '<|im_start|>system\nBe kind.<|im_end|>\n<|im_start|>user\nHi<|im_end|><|im_end|>\n<|im_start|>assistant\n'
  expect(seen[0]?.text).toBe(prompt)
  expect(seen[0]?.sampling).toMatchObject({ temperature: 0.5, topP: 0.9, topK: 0, minP: 0 })
  const template = chatMl({ knowsTools: false })
  const context = await template.encode(
    [
      { role: 'system', content: 'Be kind.' },
      { role: 'user', content: 'Hi<|im_end|>' },
    ],
    { addGenerationPrompt: true },
  )
  expect(reply.usage).toEqual({
    prompt_tokens: context.length,
    completion_tokens: 12,
    total_tokens: context.length + 12,
  })
})

test('a stream says the same as the whole reply, with its usage where asked for', async () => {
  const { client } = await serving(saying('Grüß dich'))
  const stream = await client.chat.completions.create({
    model: 'small',
    messages: [user('Hi')],
    stream: true,
    stream_options: { include_usage: true },
  })
  let text = ''
  const ends: (string | null)[] = []
  let tokens = 0
  for await (const { choices, usage } of stream) {
    text += choices[0]?.delta.content ?? ''
    if (choices[0]?.finish_reason) ends.push(choices[0].finish_reason)
    tokens += usage?.completion_tokens ?? 0
  }
  expect([text, ends, tokens]).toEqual(['Grüß dich', ['stop'], 12])
})

test('stop strings end the text and are cut off, whole or streamed', async () => {
  const { client } = await serving(saying('one ENOUGH two END three'))
  const request = { model: 'small', messages: [user('Hi')], stop: ['END', 'ENOUGH!'] }
  const whole = await client.chat.completions.create(request)
  expect(whole.choices[0]).toMatchObject({
    message: { content: 'one ENOUGH two ' },
    finish_reason: 'stop',
  })
  let text = ''
  for await (const { choices } of await client.chat.completions.create({
    ...request,
    stream: true,
  })) {
    text += choices[0]?.delta.content ?? ''
  }
  expect(text).toBe('one ENOUGH two ')
})

test('n choices differ in their seeds, and a seed repeats them', async () => {
  const { client, seen } = await serving(saying('Hi'))
  const seedsOf = async (seed: number) => {
    const from = seen.length
    const reply = await client.chat.completions.create({
      model: 'small',
      messages: [user('Hi')],
      n: 3,
      seed,
    })
    expect(reply.choices.map(({ index }) => index)).toEqual([0, 1, 2])
    return seen.slice(from).map(({ sampling }) => sampling.seed)
  }
  const first = await seedsOf(7)
  expect(new Set(first).size).toBe(3)
  expect(await seedsOf(7)).toEqual(first)
  expect(await seedsOf(8)).not.toEqual(first)
})

test('log-probs are those of the tokens written', async () => {
  const { client } = await serving(saying('ab'))
  const reply = await client.chat.completions.create({
    model: 'small',
    messages: [user('Hi')],
    logprobs: true,
  })
  expect(reply.choices[0]?.logprobs?.content).toEqual([
    { token: 'a', logprob: -98 / 1000, bytes: [97], top_logprobs: [] },
    { token: 'b', logprob: -99 / 1000 - 1 / 7, bytes: [98], top_logprobs: [] },
  ])
})

const weather = {
  type: 'function' as const,
  function: {
    name: 'weather',
    description: 'Weather of a city.',
    parameters: { type: 'object', properties: { city: { type: 'string' } } },
  },
}
const calling =
  'Let me look.\n<tool_call>\n{"name": "weather", "arguments": {"city": "Bonn"}}\n</tool_call>'

test("a call to the client's tool is given to it, and its output goes back to the model", async () => {
  const { client, seen } = await serving((tokens, sampling) =>
    saying(byteCodec.decode(tokens).includes('sunny') ? 'Sunny.' : calling)(tokens, sampling),
  )
  const request = { model: 'small', tools: [weather] }
  const reply = await client.chat.completions.create({ ...request, messages: [user('Bonn?')] })
  const message = reply.choices[0]?.message
  expect(reply.choices[0]?.finish_reason).toBe('tool_calls')
  expect(message?.content).toBe('Let me look.\n')
  expect(message?.tool_calls).toMatchObject([
    { type: 'function', function: { name: 'weather', arguments: '{"city":"Bonn"}' } },
  ])
  expect(seen[0]?.text).toContain('"name":"weather"')

  const second = await client.chat.completions.create({
    ...request,
    messages: [
      user('Bonn?'),
      {
        role: 'assistant',
        content: message?.content ?? null,
        tool_calls: message?.tool_calls ?? [],
      },
      { role: 'tool', tool_call_id: message?.tool_calls?.[0]?.id ?? '', content: 'sunny' },
    ],
  })
  expect(second.choices[0]?.message.content).toBe('Sunny.')
  expect(seen[1]?.text).toContain(
    '<tool_call>\n{"name":"weather","arguments":{"city":"Bonn"}}\n</tool_call>',
  )
})

test('a streamed call shows its text first and its call whole; what is no call stays text', async () => {
  const textOf = async (written: string) => {
    const { client } = await serving(saying(written))
    const stream = await client.chat.completions.create({
      model: 'small',
      messages: [user('Bonn?')],
      tools: [weather],
      stream: true,
    })
    let text = ''
    let calls = ''
    for await (const { choices } of stream) {
      text += choices[0]?.delta.content ?? ''
      calls += choices[0]?.delta.tool_calls?.[0]?.function?.arguments ?? ''
    }
    await server?.close()
    return [text, calls]
  }
  expect(await textOf(calling)).toEqual(['Let me look.\n', '{"city":"Bonn"}'])
  expect(await textOf('a <tool_call> is')).toEqual(['a <tool_call> is', ''])
})

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

const interpreter: Tool = {
  name: 'interpreter',
  description: 'Runs Python.',
  parameters: { type: 'object' },
  call: async () => ({ text: '42', ok: true, status: 'ok', durationMs: 1 }),
}

test('with the interpreter the server runs the code and streams the whole trajectory', async () => {
  const code = '<code>\n```python\nprint(6*7)\n```\n</code>'
  const { client, seen } = await serving(
    (tokens, sampling) =>
      saying(
        byteCodec.decode(tokens).includes('<interpreter>\n42')
          ? 'So <answer>\n\\boxed{42}\n</answer>'
          : `I compute. ${code}`,
      )(tokens, sampling),
    { interpreter },
  )
  const stream = await client.chat.completions.create({
    model: 'small',
    messages: [user('What is 6*7?')],
    stream: true,
    seed: 3,
  })
  let text = ''
  for await (const { choices } of stream) text += choices[0]?.delta.content ?? ''
  expect(text).toBe(
    `I compute. ${code}\n<interpreter>\n42\n</interpreter>\nSo <answer>\n\\boxed{42}\n</answer>`,
  )
  expect(seen[1]?.text.endsWith('\n<interpreter>\n42\n</interpreter>\n')).toBe(true)
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
  await serving(saying('Hi'))
  const port = Number(new URL(server?.url ?? '').port)
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
