// Rollouts with the pretrained model, in its own template and tokenizer, where set-up installed it:
// every sentence is a call, so that there are tool spans without any training.

import { expect, test } from 'vitest'
import { locate } from '../setup/locate.mjs'
import { packedAttention } from '../src/model/attention.ts'
import { type Decoder, hiddenStates, logits } from '../src/model/decoder.ts'
import { openPolicy } from '../src/policy/open-policy.ts'
import { rollout } from '../src/rollout/rollout.ts'
import { withoutGradient } from '../src/tensor/autograd.ts'
import { scope } from '../src/tensor/scope.ts'
import { integers, readFloats } from '../src/tensor/transfer.ts'
import type { Tool, ToolProtocol } from '../src/tool/tool.ts'
import { tokensOf } from '../src/trajectory/segment.ts'
import type { Trajectory } from '../src/trajectory/trajectory.ts'

const sentences: ToolProtocol = {
  name: 'sentences',
  stopStrings: ['.', ','],
  outputTurn: 'same',
  messages: (question) => [{ role: 'user', content: question }],
  parse: (text) => ({ kind: 'call', call: { tool: 'echo', arguments: { text } } }),
  renderOutput: (output) => [{ origin: 'outside', text: ` (${output} <|im_end|>)` }],
  renderCall: () => '.',
  renderAnswer: (answer) => answer,
}
const echo: Tool = {
  name: 'echo',
  description: '',
  parameters: { type: 'object' },
  call: async (call) => ({
    text: String(call.arguments['text']).length.toString(),
    ok: true,
    status: 'ok',
    durationMs: 0,
  }),
}

/**
 * The log-prob of each token given all before, by one forward without a cache. The sum over the
 * vocabulary is taken in double precision: libtorch's own in float32 is off by up to 2e-5 here.
 */
function freshLogprobs(decoder: Decoder, tokens: readonly number[]): number[] {
  const { vocabularySize } = decoder.config
  const all = scope(() =>
    withoutGradient(() => {
      const attend = packedAttention([tokens.length])
      const hidden = hiddenStates(decoder, integers(tokens), integers([...tokens.keys()]), attend)
      return Float32Array.from(readFloats(logits(decoder, hidden)))
    }),
  )
  return tokens.map((token, index) => {
    if (index === 0) return 0
    const row = all.subarray((index - 1) * vocabularySize, index * vocabularySize)
    const highest = row.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY)
    const sum = row.reduce((total, value) => total + Math.exp(value - highest), 0)
    return (row[token] ?? Number.NaN) - highest - Math.log(sum)
  })
}

function largestGap(decoder: Decoder, { segments }: Trajectory): number {
  const fresh = freshLogprobs(decoder, tokensOf(segments))
  let position = 0
  let gap = 0
  for (const segment of segments) {
    if (segment.author === 'policy') {
      segment.logprobs?.forEach((written, index) => {
        gap = Math.max(gap, Math.abs(written - (fresh[position + index] ?? Number.NaN)))
      })
    }
    position += segment.tokens.length
  }
  return gap
}

test('rollout log-probs of SmolLM2 equal a fresh forward within 5e-5, over its tool spans', {
  timeout: 600_000,
}, async ({ skip }) => {
  const found = locate()
  if (!found?.addon || !found.facts.smollm2) skip('SmolLM2 is not installed')
  using policy = await openPolicy('smollm2-135m-instruct', { dtype: 'float32', cacheTokens: 256 })
  const { engine, tokenizer, template, stopTokens, decoder } = policy
  const groups = rollout(
    [
      {
        id: 'p',
        question: 'Name three colours, and say where each is seen.',
        answer: '',
        source: 'test',
        verifier: { kind: 'equivalence' },
      },
    ],
    {
      policy: engine,
      codec: tokenizer,
      template,
      protocol: sentences,
      tools: [echo],
      sampling: { temperature: 1, topP: 1, topK: 0, minP: 0 },
      stopTokens,
      limits: { turns: 3, turnTokens: 24 },
      seed: 2,
      name: 'smollm2',
      groupSize: 2,
    },
  )
  for await (const { trajectories } of groups) {
    const tools = trajectories.flatMap(({ segments }) =>
      segments.filter(({ author }) => author === 'tool'),
    )
    expect(tools.length).toBeGreaterThan(1)
    for (const trajectory of trajectories) {
      const gap = largestGap(decoder, trajectory)
      expect(gap).toBeLessThan(5e-5)
    }
  }
  expect(engine.counts.shared).toBeGreaterThan(0)
})
