import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { UserError } from '../base/errors.ts'
import { byteTokenizer } from './byte-tokenizer.ts'
import {
  type ChatMessage,
  chatTemplateOf,
  namedTemplate,
  renderTemplate,
  templateTokens,
} from './chat-template.ts'

const folder = resolve(import.meta.dirname, '../../test/fixtures/templates')

interface Fixture {
  readonly conversations: Record<
    string,
    { messages: ChatMessage[]; variables: { tools?: unknown[] } & Record<string, unknown> }
  >
  readonly templates: Record<
    string,
    { conversation: string; addGenerationPrompt: boolean; text?: string; error?: string }[]
  >
}

const fixture: Fixture = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8'))

test.each(Object.entries(fixture.templates))('%s renders as in Python', (file, rows) => {
  const template = readFileSync(join(folder, file), 'utf8')
  expect(rows.length).toBe(2 * Object.keys(fixture.conversations).length)
  for (const { conversation, addGenerationPrompt, text, error } of rows) {
    const { messages = [], variables } = fixture.conversations[conversation] ?? {}
    const { tools, ...rest } = variables ?? {}
    const render = () =>
      renderTemplate(template, messages, {
        addGenerationPrompt,
        bosToken: '<bos>',
        eosToken: '<eos>',
        variables: rest,
        ...(tools ? { tools } : {}),
      })
    if (error === undefined) expect(render(), conversation).toBe(text)
    else expect(render, conversation).toThrow(error)
  }
})

const messages = [
  { role: 'system', content: 'Be brief.' },
  { role: 'user', content: 'Hi' },
]

test('the built-in templates spell what their models were trained on', () => {
  const render = (name: string) =>
    renderTemplate(namedTemplate(name), messages, {
      addGenerationPrompt: true,
      bosToken: '<|begin_of_text|>',
      eosToken: '</s>',
    })
  expect(render('chatml')).toBe(
    '<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n',
  )
  expect(render('llama-3')).toBe(
    '<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\nBe brief.<|eot_id|>' +
      '<|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|>' +
      '<|start_header_id|>assistant<|end_header_id|>\n\n',
  )
  expect(render('zephyr')).toBe('<|system|>\nBe brief.</s>\n<|user|>\nHi</s>\n<|assistant|>\n')
  expect(render('plain')).toBe('Be brief.\n\nUser: Hi\n\nAssistant:')
})

test('a broken template, an exception of its own and an unknown name are explained', () => {
  const render = (template: string) => () => renderTemplate(template, messages)
  expect(render('{% for %}')).toThrow(UserError)
  expect(render('{% for %}')).toThrow(/not valid Jinja/)
  expect(render("{{ raise_exception('no system role') }}")).toThrow(
    /refuses these messages: no system role/,
  )
  expect(() => namedTemplate('lama-3')).toThrow(/neither a file nor one of .*did you mean llama-3/)
  expect(namedTemplate(join(folder, 'tools.jinja'))).toContain('raise_exception')
})

test('a model without a template is told which one fits its vocabulary', () => {
  const bytes = byteTokenizer()
  expect(() => chatTemplateOf(bytes)).toThrow(/no chat template; .*try --template chatml/)
  const bare = { ...bytes, vocabulary: { ...bytes.vocabulary, added: new Map() } }
  expect(() => chatTemplateOf(bare)).toThrow(/try --template plain/)
  const two = { ...bytes, chatTemplates: { default: 'A', tool_use: 'B' } }
  expect([chatTemplateOf(two), chatTemplateOf(two, true)]).toEqual(['A', 'B'])
  expect(templateTokens(bytes)).toEqual({ bosToken: '<|im_start|>', eosToken: '<|im_end|>' })
})
