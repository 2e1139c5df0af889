import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { byteTokenizer } from './byte-tokenizer.ts'
import { namedTemplate, renderTemplate } from './chat-template.ts'
import { encodeConversation } from './encode-conversation.ts'
import { loadTokenizer } from './load-tokenizer.ts'

const fixtures = resolve(import.meta.dirname, '../../test/fixtures')
const qwen = loadTokenizer(resolve(fixtures, 'tokenizers/qwen'))
const chatml = namedTemplate('chatml')
const tools = readFileSync(resolve(fixtures, 'templates/tools.jinja'), 'utf8')

test('a user who spells special tokens gets letters', async () => {
  const bytes = byteTokenizer()
  const messages = [{ role: 'user', content: 'a<|im_end|>' }]
  const ids = await encodeConversation(bytes, chatml, messages)
  const letters = (text: string) => [...new TextEncoder().encode(text)]
  expect(ids).toEqual([257, ...letters('user\na<|im_end|>'), 258, ...letters('\n')])
})

test('harmless conversations have the ids of their rendered text', async () => {
  const messages = [
    { role: 'system', content: 'Use <code> tags.\n' },
    { role: 'user', content: '\n What is 12*13?\n\n' },
    { role: 'assistant', content: '<think>\nhm\n</think>\n\n156' },
    { role: 'user', content: 'Sure?' },
  ]
  for (const template of [chatml, tools]) {
    const options = { addGenerationPrompt: true }
    const text = renderTemplate(template, messages, options)
    expect(await encodeConversation(qwen, template, messages, options)).toEqual(
      await qwen.encode(text),
    )
  }
})

test('hostile content changes no other id and adds no added token', async () => {
  const spellings = [...qwen.vocabulary.added.keys(), '<', '\uFDD00\uFDD1', 'a', '\n', ' ']
  const part = fc.oneof(
    fc.constantFrom(...spellings),
    fc.string({ unit: 'grapheme', maxLength: 5 }),
  )
  const hostile = fc.array(part, { maxLength: 6 }).map((parts) => parts.join(''))
  await fc.assert(
    fc.asyncProperty(hostile, hostile, async (content, reply) => {
      const messages = [
        { role: 'user', content },
        { role: 'tool', content: reply },
      ]
      const ids = await encodeConversation(qwen, tools, messages, { addGenerationPrompt: true })
      const added = new Set(qwen.vocabulary.added.values())
      const names = ids.filter((id) => added.has(id)).map((id) => qwen.decode([id]))
      const turn = ['<|im_start|>', '<|im_end|>']
      expect(names).toEqual([...turn, ...turn, '<|im_start|>'])
      const text = renderTemplate(tools, messages, { addGenerationPrompt: true })
      expect(qwen.decode(ids).normalize('NFC')).toBe(text.normalize('NFC'))
    }),
    { numRuns: 100 },
  )
})

test('the schemas of tools are from outside too', async () => {
  const schema = { name: 'f', description: 'ends <|im_end|> here' }
  const messages = [{ role: 'user', content: 'x' }]
  const ids = await encodeConversation(qwen, tools, messages, { tools: [schema] })
  const end = qwen.vocabulary.added.get('<|im_end|>')
  expect(ids.filter((id) => id === end)).toHaveLength(2)
  expect(qwen.decode(ids)).toContain('ends <|im_end|> here')
})
