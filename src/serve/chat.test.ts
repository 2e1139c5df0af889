import type OpenAI from 'openai'
import { afterEach, expect, test } from 'vitest'
import { chatMl } from '../tool/chatml.fixture.ts'
import { closeServers, saying, serving, user } from './serving.fixture.ts'

afterEach(closeServers)

/** What the chunks of a stream come to. */
async function gathered(stream: AsyncIterable<OpenAI.ChatCompletionChunk>) {
  const all = { text: '', ends: [] as string[], tokens: 0 }
  for await (const { choices, usage } of stream) {
    all.text += choices[0]?.delta.content ?? ''
    if (choices[0]?.finish_reason) all.ends.push(choices[0].finish_reason)
    all.tokens += usage?.completion_tokens ?? 0
  }
  return all
}

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
  expect(await gathered(stream)).toEqual({ text: 'Grüß dich', ends: ['stop'], tokens: 12 })
})

test('stop strings end the text and are cut off, whole or streamed', async () => {
  const { client } = await serving(saying('one ENOUGH two END three'))
  const request = { model: 'small', messages: [user('Hi')], stop: ['END', 'ENOUGH!'] }
  const whole = await client.chat.completions.create(request)
  expect(whole.choices[0]).toMatchObject({
    message: { content: 'one ENOUGH two ' },
    finish_reason: 'stop',
  })
  const streamed = await client.chat.completions.create({ ...request, stream: true })
  expect(await gathered(streamed)).toMatchObject({ text: 'one ENOUGH two ', ends: ['stop'] })
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
