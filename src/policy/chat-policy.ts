// A model on this machine that is talked to in messages, through its own chat template.

import type { ChatModel } from '../trajectory/chat-model.ts'
import type { OpenPolicy } from './open-policy.ts'

/** Stays the owner's; several replies may be asked for at once. */
export function chatPolicy({
  engine,
  source,
  template,
  tokenizer,
  stopTokens,
}: OpenPolicy): ChatModel {
  return {
    name: source.name,
    async reply(
      { messages, tools = [], temperature, topP, tokenLimit, stopStrings, seed },
      signal,
    ) {
      if (tools.length > 0) throw new Error('defect: calls of a local model are written in text')
      const turns = messages.map(({ role, content }) => ({ role, content }))
      const prompt = await template.encode(turns, { addGenerationPrompt: true })
      const room = engine.contextLength - prompt.length
      if (room < 1) {
        return {
          text: '',
          calls: [],
          isCut: true,
          promptTokens: prompt.length,
          completionTokens: 0,
        }
      }
      const session = engine.open()
      try {
        const { tokens, finish } = await session.complete(
          prompt,
          {
            ...{ temperature, topP, topK: 0, minP: 0, stopStrings, stopTokens },
            tokenLimit: Math.min(tokenLimit, room),
            seed,
          },
          signal,
        )
        const written = finish.kind === 'stopToken' ? tokens.slice(0, -1) : tokens
        const text = tokenizer.decode(written)
        const end = finish.kind === 'stopString' ? text.lastIndexOf(finish.text) : text.length
        return {
          text: text.slice(0, end),
          calls: [],
          isCut: finish.kind === 'length',
          promptTokens: prompt.length,
          completionTokens: tokens.length,
        }
      } finally {
        session.close()
      }
    },
  }
}
