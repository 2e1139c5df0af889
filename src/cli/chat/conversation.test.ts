import { expect, test } from 'vitest'
import { byteCodec } from '../../tool/byte-codec.fixture.ts'
import { chatMl } from '../../tool/chatml.fixture.ts'
import type { ChatMessage } from '../../tool/tool.ts'
import { contextFor, emptyConversation } from './conversation.ts'

const [turnEnd = 0] = byteCodec.encode('<|im_end|>') as readonly number[]
const template = { ...chatMl({ knowsTools: false }), stopTokens: [turnEnd] }
const user = (content: string): ChatMessage => ({ role: 'user', content })
const assistant = (content: string): ChatMessage => ({ role: 'assistant', content })
const text = (tokens: readonly number[]) => byteCodec.decode(tokens)

test('a first question is the template around it', async () => {
  const context = await contextFor(emptyConversation, [user('6*7?')], template)
  expect(text(context)).toBe('<|im_start|>user\n6*7?<|im_end|>\n<|im_start|>assistant\n')
})

test('the next question follows the tokens that were written, closed or cut short', async () => {
  const first = await contextFor(emptyConversation, [user('6*7?')], template)
  // Tokens that no encoder would give for the reply's text: they must come back as they are.
  const written = [...first, 1_000_001, 1_000_002]
  const messages = [user('6*7?'), assistant('42')]
  for (const tokens of [[...written, turnEnd], written]) {
    const context = await contextFor({ messages, tokens }, [user('Sure?')], template)
    expect(context.slice(0, written.length + 1)).toEqual([...written, turnEnd])
    expect(text(context.slice(written.length))).toBe(
      '<|im_end|>\n<|im_start|>user\nSure?<|im_end|>\n<|im_start|>assistant\n',
    )
  }
})

test('a template without an end of turn is rendered anew', async () => {
  const messages = [user('6*7?'), assistant('42')]
  const context = await contextFor({ messages, tokens: [1, 2, 3] }, [user('Sure?')], {
    ...template,
    stopTokens: [],
  })
  expect(context).toEqual(
    await template.encode([...messages, user('Sure?')], { addGenerationPrompt: true }),
  )
})
