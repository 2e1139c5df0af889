// The engine against a plain forward without a cache, on a small random model.

import { beforeAll, expect, test } from 'vitest'
import { RandomStream } from '../src/base/random.ts'
import { Engine } from '../src/generate/engine.ts'
import { packDecoder, packedBytes } from '../src/generate/packed-decoder.ts'
import { packedAttention } from '../src/model/attention.ts'
import { type Decoder, hiddenStates, logits } from '../src/model/decoder.ts'
import { divide } from '../src/tensor/arithmetic.ts'
import { inference, withoutGradient } from '../src/tensor/autograd.ts'
import { hasPackedLinear } from '../src/tensor/kernel.ts'
import { liveTensors } from '../src/tensor/memory.ts'
import { logSoftmax } from '../src/tensor/neural.ts'
import { timeOperators } from '../src/tensor/operator-times.ts'
import { scope } from '../src/tensor/scope.ts'
import { integers, readFloats } from '../src/tensor/transfer.ts'
import type { Completion, Sampling } from '../src/trajectory/policy.ts'
import { randomLlama } from './fixtures/random-llama.ts'

let decoder: Decoder
beforeAll(() => {
  decoder = randomLlama()
})

const spell = () => ({ push: (token: number) => String.fromCharCode(97 + (token % 26)) })

const sampling = (changes: Partial<Sampling> = {}): Sampling => ({
  temperature: 0.8,
  topP: 1,
  topK: 0,
  minP: 0,
  tokenLimit: 12,
  stopStrings: [],
  stopTokens: [],
  seed: 1,
  ...changes,
})

/** Log-probs of tokens[start...] given all before, tempered, by one forward without a cache. */
function fullLogprobs(tokens: readonly number[], start: number, temperature: number): number[] {
  return scope(() =>
    withoutGradient(() => {
      const positions = integers([...tokens.keys()])
      const hidden = hiddenStates(
        decoder,
        integers(tokens),
        positions,
        packedAttention([tokens.length]),
      )
      const all = readFloats(logSoftmax(divide(logits(decoder, hidden), temperature), 1))
      const vocabulary = decoder.config.vocabularySize
      return tokens
        .map((token, index) => all[(index - 1) * vocabulary + token] ?? Number.NaN)
        .slice(start)
    }),
  )
}

function expectClose(actual: readonly number[], expected: readonly number[]): void {
  expect(actual.length).toBe(expected.length)
  actual.forEach((value, index) => {
    expect(Math.abs(value - (expected[index] ?? Number.NaN))).toBeLessThan(1e-5)
  })
}

const prompt = (seed: number, length: number) => {
  const stream = RandomStream.named(seed, 'prompt')
  return Array.from({ length }, () => stream.integer(decoder.config.vocabularySize))
}

test('log-probs over several turns equal a full forward, with others joining and leaving', async () => {
  using engine = new Engine(decoder, spell, { cacheTokens: 2048, maxBatch: 3 })
  const run = async (seed: number) => {
    const session = engine.open()
    const tokens: number[] = []
    const written: { start: number; completion: Completion }[] = []
    for (let turn = 0; turn < 3; turn++) {
      const added = prompt(seed * 10 + turn, 1 + ((seed * 7 + turn * 5) % 23))
      tokens.push(...added)
      const completion = await session.complete(
        added,
        sampling({ seed: seed + turn, tokenLimit: 3 + seed }),
      )
      written.push({ start: tokens.length, completion })
      tokens.push(...completion.tokens)
    }
    session.close()
    for (const { start, completion } of written) {
      const end = start + completion.tokens.length
      expectClose(completion.logprobs, fullLogprobs(tokens.slice(0, end), start, 0.8))
    }
  }
  await Promise.all([1, 2, 3, 4, 5].map(run))
})

test('log-probs hold over shared prompts, chunked prompts, evictions and new weights', async () => {
  using engine = new Engine(decoder, spell, { cacheTokens: 160, maxBatch: 4, prefillTokens: 13 })
  const shared = prompt(7, 50)
  const run = async (seed: number) => {
    const session = engine.open()
    const tokens: number[] = []
    for (let turn = 0; turn < 3; turn++) {
      const added = turn === 0 ? [...shared, seed] : prompt(seed * 10 + turn, 9)
      tokens.push(...added)
      const start = tokens.length
      const completion = await session.complete(added, sampling({ seed: seed * 5 + turn }))
      tokens.push(...completion.tokens)
      expectClose(completion.logprobs, fullLogprobs(tokens, start, 0.8))
      if (seed === 2 && turn === 1) engine.replaceWeights(decoder)
    }
    session.close()
  }
  await Promise.all([1, 2, 3, 4, 5, 6].map(run))
  expect(engine.counts.shared).toBeGreaterThan(48)
  expect(engine.counts.evictions).toBeGreaterThan(0)
  expect(engine.counts.rebuilt).toBeGreaterThan(0)
  expect(engine.version).toBe(1)
})

test('a seed gives the same tokens whatever else is in the batch', async () => {
  using engine = new Engine(decoder, spell, { cacheTokens: 2048 })
  const one = () => engine.open().complete(prompt(1, 9), sampling({ seed: 42 }))
  const alone = await one()
  const others = [2, 3, 4].map((n) =>
    engine.open().complete(prompt(n, 5 * n), sampling({ seed: n })),
  )
  const together = await one()
  await Promise.all(others)
  expect(together.tokens).toEqual(alone.tokens)
  expect(new Set((await one()).tokens).size).toBeGreaterThan(1)
})

test('greedy decoding follows the likeliest token of the full forward', async () => {
  using engine = new Engine(decoder, spell)
  const start = prompt(3, 11)
  const completion = await engine
    .open()
    .complete(start, sampling({ temperature: 0, tokenLimit: 6 }))
  const tokens = [...start, ...completion.tokens]
  for (let length = start.length; length < tokens.length; length++) {
    const chosen = fullLogprobs(tokens.slice(0, length + 1), length, 1)[0] ?? 0
    for (let other = 0; other < decoder.config.vocabularySize; other++) {
      const rival = fullLogprobs([...tokens.slice(0, length), other], length, 1)[0] ?? 0
      expect(rival).toBeLessThanOrEqual(chosen)
    }
  }
})

test('a group reads its prompt once; its log-probs are those of a full forward', async () => {
  using engine = new Engine(decoder, spell)
  const begin = prompt(6, 39)
  const member = async (seed: number) => {
    const { tokens, logprobs } = await engine.open().complete(begin, sampling({ seed }))
    expectClose(logprobs, fullLogprobs([...begin, ...tokens], begin.length, 0.8))
  }
  await Promise.all([1, 2, 3, 4].map(member))
  // 39 tokens once and the last of them by three more; then all but the last of the tokens drawn.
  expect(engine.counts.computed).toBe(39 + 3 + 4 * 11)
})

test('in bfloat16 every linear map of a step is one of packed weights', async (context) => {
  const rounded = randomLlama('bfloat16')
  const hasKernel = inference(() => hasPackedLinear(rounded.weights.head.weight))
  if (!hasKernel)
    context.skip('weights are packed for processors with AVX512-BF16 and without AMX alone')
  using engine = new Engine(rounded, spell)
  const callsOf = async (tokenLimit: number) => {
    const stop = timeOperators()
    await engine.open().complete(prompt(tokenLimit, 20), sampling({ tokenLimit }))
    const calls = new Map(stop().map((each) => [each.name, each.calls]))
    expect(calls.has('aten::linear') || calls.has('retool::linear_of_few')).toBe(false)
    return calls.get('retool::linear_packed')
  }
  // A layer has four: query, key and value, output, gate and up, down. The head is one more.
  const perStep = 4 * decoder.config.layers + 1
  expect(await callsOf(3)).toBe(3 * perStep)
  engine.replaceWeights(rounded)
  expect(await callsOf(2)).toBe(2 * perStep)
})

test('packed weights take the memory that is foreseen for them', () => {
  const rounded = randomLlama('bfloat16')
  const before = liveTensors().bytes
  using _packed = packDecoder(rounded)
  expect(liveTensors().bytes - before).toBe(packedBytes(rounded.config, 'bfloat16'))
})

test('finishes: token limit, stop token, stop string, context length', async () => {
  using engine = new Engine(decoder, spell, { contextLength: 40 })
  const free = await engine.open().complete(prompt(1, 9), sampling())
  expect(free.finish).toEqual({ kind: 'length' })
  expect(free.tokens.length).toBe(12)
  const stopToken = free.tokens[4] as number
  const stopped = await engine.open().complete(prompt(1, 9), sampling({ stopTokens: [stopToken] }))
  expect(stopped.finish).toEqual({ kind: 'stopToken', token: stopToken })
  expect(stopped.tokens).toEqual(free.tokens.slice(0, free.tokens.indexOf(stopToken) + 1))
  const text = free.tokens
    .slice(2, 4)
    .map((token) => spell().push(token))
    .join('')
  const byText = await engine.open().complete(prompt(1, 9), sampling({ stopStrings: [text] }))
  expect(byText.finish).toEqual({ kind: 'stopString', text })
  const long = await engine.open().complete(prompt(1, 36), sampling())
  expect(long.tokens.length).toBe(4)
  await expect(engine.open().complete(prompt(1, 40), sampling())).rejects.toThrow(
    /leaves no room in 40/,
  )
})

test('an aborted completion rejects and the session goes on', async () => {
  using engine = new Engine(decoder, spell)
  const session = engine.open()
  const controller = new AbortController()
  const seen: number[] = []
  const watch = (token: number) => {
    seen.push(token)
    if (seen.length === 3) controller.abort()
  }
  const aborted = session.complete(prompt(1, 9), sampling(), controller.signal, watch)
  await expect(aborted).rejects.toMatchObject({ kind: 'cancelled' })
  const next = await session.complete([1, 2], sampling({ tokenLimit: 4 }))
  const tokens = [...prompt(1, 9), ...seen, 1, 2, ...next.tokens]
  expectClose(next.logprobs, fullLogprobs(tokens, tokens.length - next.tokens.length, 0.8))
})

test('the engine gives everything back', async () => {
  const before = liveTensors()
  {
    using engine = new Engine(decoder, spell, { cacheTokens: 256 })
    expect(engine.cacheBytes).toBe(liveTensors().bytes - before.bytes)
    await engine.open().complete(prompt(1, 9), sampling())
  }
  expect(liveTensors()).toEqual(before)
})

test('log-probs before temperature and cut-offs come where they are asked for', async () => {
  using engine = new Engine(decoder, spell, { cacheTokens: 512 })
  const session = engine.open()
  const start = prompt(9, 5)
  const asked = sampling({ temperature: 0.5, topP: 0.6, topK: 9, withPlainLogprobs: true })
  const { tokens, plainLogprobs } = await session.complete(start, asked)
  expectClose(plainLogprobs ?? [], fullLogprobs([...start, ...tokens], start.length, 1))
  const silent = await session.complete(prompt(10, 2), sampling())
  expect(silent.plainLogprobs).toBeUndefined()
})
