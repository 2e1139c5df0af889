// Rollouts on the engine itself, with tools, a small cache and cancelled members: what is written is
// what the model computed, token for token. The model is small and random, one character a token.

import { setImmediate as tick } from 'node:timers/promises'
import { beforeAll, expect, test } from 'vitest'
import { RandomStream } from '../src/base/random.ts'
import type { Problem } from '../src/data/problem.ts'
import { Engine } from '../src/generate/engine.ts'
import type { Decoder } from '../src/model/decoder.ts'
import type { RolloutOptions } from '../src/rollout/options.ts'
import { rollout } from '../src/rollout/rollout.ts'
import type { Tool, ToolProtocol } from '../src/tool/tool.ts'
import { responseMask } from '../src/trajectory/mask.ts'
import { tokensOf } from '../src/trajectory/segment.ts'
import type { Trajectory } from '../src/trajectory/trajectory.ts'
import { fullLogprobs } from './fixtures/full-logprobs.ts'
import { randomLlama } from './fixtures/random-llama.ts'

let decoder: Decoder
beforeAll(() => {
  decoder = randomLlama()
})

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const encode = (text: string) => [...text].map((character) => alphabet.indexOf(character) & 63)
const codec = {
  encode,
  encodeOutside: encode,
  decode: (tokens: readonly number[]) => tokens.map((token) => alphabet[token] ?? '').join(''),
}

/** Z calls the tool and z answers: what a random model writes soon enough. */
const protocol: ToolProtocol = {
  name: 'letters',
  stopStrings: ['Z', 'z'],
  outputTurn: 'same',
  messages: (question) => [{ role: 'user', content: question }],
  parse: (text) =>
    text.endsWith('Z')
      ? { kind: 'call', call: { tool: 'echo', arguments: { text: text.slice(-5) } } }
      : { kind: 'answer', text },
  renderOutput: (output) => [{ origin: 'outside', text: `out${output}` }],
  renderCall: () => 'Z',
  renderAnswer: (answer) => `${answer}z`,
}

/** Answers after a few turns of the event loop, so that sequences leave and join the batch. */
const echo: Tool = {
  name: 'echo',
  description: '',
  parameters: { type: 'object' },
  async call({ arguments: { text } }) {
    for (let wait = String(text).charCodeAt(0) % 9; wait > 0; wait--) await tick()
    return { text: `${text}${text}`, ok: true, status: 'ok', durationMs: 0 }
  },
}

const problems = Array.from({ length: 6 }, (_, index): Problem => {
  const stream = RandomStream.named(index, 'question')
  const question = Array.from({ length: 40 }, () => alphabet[stream.integer(64)]).join('')
  return {
    id: `p${index}`,
    question,
    answer: '',
    source: 'test',
    verifier: { kind: 'equivalence' },
  }
})

async function trajectoriesOf(engine: Engine, changes: Partial<RolloutOptions> = {}) {
  const options: RolloutOptions = {
    policy: engine,
    codec,
    template: {
      render: (messages) => messages.map(({ content }) => content).join(''),
      encode: async (messages) => encode(messages.map(({ content }) => content).join('')),
      turnEnd: '',
    },
    protocol,
    tools: [echo],
    sampling: { temperature: 0.9, topP: 1, topK: 0, minP: 0 },
    stopTokens: [],
    limits: { turns: 4, turnTokens: 40, trajectoryTokens: 200 },
    seed: 5,
    name: 'run',
    groupSize: 4,
    order: 'input',
    ...changes,
  }
  const trajectories: Trajectory[] = []
  for await (const group of rollout(problems, options)) trajectories.push(...group.trajectories)
  return trajectories
}

function checkLogprobs(trajectory: Trajectory): void {
  const tokens = tokensOf(trajectory.segments)
  const fresh = fullLogprobs(decoder, tokens, 1, 0.9)
  const mask = responseMask(trajectory.segments)
  const written = trajectory.segments.flatMap((segment) =>
    segment.author === 'policy' ? (segment.logprobs ?? []) : [],
  )
  const expected = fresh.filter((_, index) => mask[index + 1] === 1)
  expect(written.length).toBe(expected.length)
  written.forEach((value, index) => {
    expect(Math.abs(value - (expected[index] ?? Number.NaN))).toBeLessThan(1e-5)
  })
}

const spell = () => ({ push: (token: number) => alphabet[token] ?? '' })

test('rollout log-probs equal a fresh forward, over tool spans, evictions, shared prompts and chunks', async () => {
  using engine = new Engine(decoder, spell, { cacheTokens: 512, maxBatch: 6, prefillTokens: 48 })
  const trajectories = await trajectoriesOf(engine)
  expect(trajectories).toHaveLength(24)
  for (const trajectory of trajectories) checkLogprobs(trajectory)
  const authors = trajectories.flatMap(({ segments }) => segments.map(({ author }) => author))
  expect(authors.filter((author) => author === 'tool').length).toBeGreaterThan(10)
  expect(engine.counts.shared).toBeGreaterThan(6 * 32)
  expect(engine.counts.evictions).toBeGreaterThan(0)
})

test('the same seed gives the same trajectories, however small the cache and the batch', async () => {
  const written = async (cacheTokens: number, maxBatch: number) => {
    using engine = new Engine(decoder, spell, { cacheTokens, maxBatch })
    const trajectories = await trajectoriesOf(engine)
    return trajectories.map(({ id, segments, stop }) => [id, tokensOf(segments), stop])
  }
  const roomy = await written(8192, 64)
  expect(await written(256, 3)).toEqual(roomy)
})

test('members that are cancelled leave the others as they are', async () => {
  using engine = new Engine(decoder, spell, { cacheTokens: 1024 })
  const whole = await trajectoriesOf(engine)
  const settled = await trajectoriesOf(engine, { isSettled: (_, ended) => ended.length >= 2 })
  const ended = settled.filter(({ stop }) => stop.kind !== 'cancelled')
  expect(ended.length).toBeLessThan(24)
  for (const { id, segments } of ended) {
    const same = whole.find((trajectory) => trajectory.id === id)
    expect(tokensOf(segments)).toEqual(tokensOf(same?.segments ?? []))
  }
})
