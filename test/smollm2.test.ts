// The pretrained model through the engine: log-probs over several turns against a forward without a
// cache, in float32. Skips where set-up did not install the model.

import { expect, test } from 'vitest'
import { locate } from '../setup/locate.mjs'
import { openPolicy } from '../src/policy/open-policy.ts'
import { fullLogprobs } from './fixtures/full-logprobs.ts'

const temperature = 0.7
// Float32 cannot tell more: over its 30 layers a forward without a cache is itself up to 1.7e-5 from
// the same in float64 (2e-6 to 4e-6 in the mean), with or without our kernels.
const mostInMean = 1e-5
const mostAtAll = 5e-5

test('SmolLM2: log-probs over turns with tool output equal a full forward', async ({ skip }) => {
  const found = locate()
  if (!found?.addon || !found.facts.smollm2) skip('SmolLM2 is not installed')
  using policy = await openPolicy('smollm2-135m-instruct', { dtype: 'float32', cacheTokens: 1024 })
  const { engine, tokenizer, template, decoder } = policy
  const ask = (content: string) =>
    template.encode([{ role: 'user', content }], { addGenerationPrompt: true })
  const outputs = ['\n<interpreter>\n156\n</interpreter>\n', '\nIs that so? ', '']
  const run = async (question: string, seed: number) => {
    const session = engine.open()
    const tokens: number[] = []
    let added = await ask(question)
    for (const output of outputs) {
      tokens.push(...added)
      const completion = await session.complete(added, {
        temperature,
        topP: 1,
        topK: 0,
        minP: 0,
        tokenLimit: 6,
        stopStrings: [],
        stopTokens: [],
        seed,
      })
      const start = tokens.length
      tokens.push(...completion.tokens)
      const expected = fullLogprobs(decoder, tokens, start, temperature)
      const gaps = completion.logprobs.map((logprob, index) =>
        Math.abs(logprob - (expected[index] ?? Number.NaN)),
      )
      expect(gaps.length).toBe(6)
      expect(Math.max(...gaps)).toBeLessThan(mostAtAll)
      expect(gaps.reduce((total, gap) => total + gap) / gaps.length).toBeLessThan(mostInMean)
      added = await tokenizer.encodeOutside(output)
    }
    session.close()
  }
  await Promise.all([run('What is 12*13?', 1), run('Where is Paris?', 2)])
  expect(engine.counts.rebuilt).toBe(0)
})
