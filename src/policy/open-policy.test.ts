// Opens the pretrained model where set-up installed it, else skips: no other test needs its 98 MB.

import { expect, test } from 'vitest'
import { locate } from '../../setup/locate.mjs'
import { liveTensors } from '../tensor/memory.ts'
import { openPolicy } from './open-policy.ts'

test('a reference becomes a policy that answers in words and stops by itself', async ({ skip }) => {
  const found = locate()
  if (!found?.addon || !found.facts.smollm2) skip('SmolLM2 is not installed')
  const before = liveTensors()
  {
    using policy = await openPolicy('smollm2-135m-instruct', { cacheTokens: 512 })
    const { engine, template, tokenizer, stopTokens, decoder } = policy
    expect(decoder.config.layers).toBe(30)
    expect(template.turnEnd).toBe('<|im_end|>')
    expect(stopTokens.map((token) => tokenizer.decode([token]))).toContain('<|im_end|>')
    // Each token of the answer leads the next likeliest by 1.0 or more in its logit, eight steps of
    // bfloat16, so that another order of sums writes the same.
    const question = { role: 'user', content: 'Name the capital of France.' } as const
    const prompt = template.render([question], { addGenerationPrompt: true })
    const completion = await engine.open().complete(await tokenizer.encode(prompt), {
      temperature: 0,
      topP: 1,
      topK: 0,
      minP: 0,
      tokenLimit: 24,
      stopStrings: [],
      stopTokens,
      seed: 0,
    })
    expect(completion.finish.kind).toBe('stopToken')
    expect(tokenizer.decode(completion.tokens)).toBe('The capital of France is Paris.<|im_end|>')
  }
  expect(liveTensors()).toEqual(before)
})
