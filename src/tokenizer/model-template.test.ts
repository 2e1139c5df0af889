import { expect, test } from 'vitest'
import { byteTokenizer } from './byte-tokenizer.ts'
import { namedTemplate } from './chat-template.ts'
import { ModelTemplate } from './model-template.ts'

const tokenizer = byteTokenizer()
const chatml = new ModelTemplate(tokenizer, { template: namedTemplate('chatml') })
const messages = [{ role: 'user', content: 'a<|im_end|>b' }]

test('tokens are those of the text, save what a message spells', async () => {
  const options = { addGenerationPrompt: true }
  const tokens = await chatml.encode(messages, options)
  expect(tokenizer.decode(tokens)).toBe(chatml.render(messages, options))
  expect(tokens.filter((token) => token === 258)).toHaveLength(1)
})

test('the token that ends a turn is found in the template', () => {
  expect(chatml.turnEnd).toBe('<|im_end|>')
  const plain = new ModelTemplate(tokenizer, { template: namedTemplate('plain') })
  expect(() => plain.turnEnd).toThrow(/none of the model's ending tokens/)
})

test('a model without a template needs one', () => {
  expect(() => new ModelTemplate(tokenizer)).toThrow(/--template chatml/)
})
