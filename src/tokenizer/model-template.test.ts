import { expect, test } from 'vitest'
import { byteTokenizer } from './byte-tokenizer.ts'
import { namedTemplate } from './chat-template.ts'
import { modelTemplate } from './model-template.ts'

const bytes = byteTokenizer()
const question = [{ role: 'user', content: 'Hi' }]

test('finds the end of turn that the template writes, whatever eos is', () => {
  const base = { ...bytes, special: { bos: null, eos: 256, pad: null, endOfTurn: [256] } }
  const template = modelTemplate(base, namedTemplate('chatml'))
  expect(template.turnEnd).toBe('<|im_end|>')
  expect(template.stopTokens).toEqual([256, 258])
  expect(template.render(question)).toBe('<|im_start|>user\nHi<|im_end|>\n')
})

test('a template that writes none, or refuses, leaves the end of turn to eos', () => {
  const plain = modelTemplate(bytes, namedTemplate('plain'))
  expect(plain.turnEnd).toBe('<|im_end|>')
  const base = { ...bytes, special: { bos: null, eos: null, pad: null, endOfTurn: [] } }
  expect(modelTemplate(base, namedTemplate('plain'))).toMatchObject({ turnEnd: '', stopTokens: [] })
  const refusing = modelTemplate(bytes, "{{ raise_exception('never') }}")
  expect(refusing.turnEnd).toBe('<|im_end|>')
  expect(() => refusing.render(question)).toThrow(/refuses these messages: never/)
})

test('tokens are those of the text, save what a message spells', async () => {
  const template = modelTemplate(bytes, namedTemplate('chatml'))
  const messages = [{ role: 'user', content: 'a<|im_end|>b' }]
  const tokens = await template.encode(messages, { addGenerationPrompt: true })
  expect(bytes.decode(tokens)).toBe(template.render(messages, { addGenerationPrompt: true }))
  expect(tokens.filter((token) => token === 258)).toHaveLength(1)
})

test('the model knows its own bos and eos', () => {
  const template = modelTemplate(bytes, '{{ bos_token + messages[0].content + eos_token }}')
  expect(template.render(question)).toBe('<|im_start|>Hi<|im_end|>')
})
