// A chat template together with the tokenizer that reads it: what protocols and the chat need.

import {
  type ChatMessage,
  compileTemplate,
  type Render,
  type TemplateOptions,
  templateTokens,
} from './chat-template.ts'
import { encodeConversation } from './encode-conversation.ts'
import type { Tokenizer } from './tokenizer.ts'
import { textOf } from './utf8.ts'
import { tokenBytes } from './vocabulary.ts'

export interface ModelTemplate {
  /** Text of the messages, with the model's own bos and eos. */
  render(messages: readonly ChatMessage[], options?: TemplateOptions): string
  /** Ids of the same, in which nothing that a message or a tool says is a special token. */
  encode(messages: readonly ChatMessage[], options?: TemplateOptions): Promise<number[]>
  /** What ends the assistant's turn, as text: `<|im_end|>`; empty where nothing does. */
  readonly turnEnd: string
  /** All tokens after which a turn is over, those of the template included. */
  readonly stopTokens: readonly number[]
}

export function modelTemplate(tokenizer: Tokenizer, template: string): ModelTemplate {
  const tokens = templateTokens(tokenizer)
  const compiled = compileTemplate(template)
  const render: Render = (messages, options) => compiled(messages, { ...tokens, ...options })
  const written = writtenTurnEnd(tokenizer, render)
  const { eos, endOfTurn } = tokenizer.special
  const end = written ?? eos
  const stopTokens = new Set(end === null ? endOfTurn : [...endOfTurn, end])
  return {
    render,
    encode: (messages, options) => encodeConversation(tokenizer, template, messages, options),
    turnEnd: end === null ? '' : textOf(tokenBytes(tokenizer.vocabulary, end)),
    stopTokens: [...stopTokens].sort((a, b) => a - b),
  }
}

/** The added token that the template writes after an assistant's message, if it writes one. */
function writtenTurnEnd(tokenizer: Tokenizer, render: Render): number | undefined {
  const reply = 'the reply'
  let text: string
  try {
    text = render([
      { role: 'user', content: 'the question' },
      { role: 'assistant', content: reply },
    ])
  } catch {
    // A template may refuse this conversation; the model's eos then ends a turn.
    return undefined
  }
  const start = text.lastIndexOf(reply)
  if (start < 0) return undefined
  const after = text.slice(start + reply.length).trimStart()
  for (const [content, id] of tokenizer.vocabulary.added) {
    if (after.startsWith(content)) return id
  }
  return undefined
}
