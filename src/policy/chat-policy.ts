// A model on this machine that is talked to in messages, through its own chat template.

import type { ChatModel } from '../trajectory/chat-model.ts'
import type { Completion } from '../trajectory/policy.ts'
import type { OpenPolicy } from './open-policy.ts'

/** Stays the owner's; several replies may be asked for at once. */
export function chatPolicy(policy: OpenPolicy): ChatModel {
  const { engine, source, template, stopTokens } = policy
  return {
    name: source.name,
    async reply(request, signal) {
      const { messages, tools = [], tokenLimit, stopStrings, ...drawing } = request
      if (tools.length > 0) throw new Error('defect: calls of a local model are written in text')
      const turns = messages.map(({ role, content }) => ({ role, content }))
      const prompt = await template.encode(turns, { addGenerationPrompt: true })
      const room = engine.contextLength - prompt.length
      if (room < 1) return { ...noText, isCut: true, promptTokens: prompt.length }
      const session = engine.open()
      try {
        const completion = await session.complete(
          prompt,
          {
            ...{ ...drawing, topK: 0, minP: 0, stopStrings, stopTokens },
            tokenLimit: Math.min(tokenLimit, room),
          },
          signal,
        )
        return {
          text: textOf(completion, policy),
          calls: [],
          isCut: completion.finish.kind === 'length',
          promptTokens: prompt.length,
          completionTokens: completion.tokens.length,
        }
      } finally {
        session.close()
      }
    },
  }
}

const noText = { text: '', calls: [], completionTokens: 0 } as const

/** Without what ended it. */
function textOf({ tokens, finish }: Completion, { tokenizer }: OpenPolicy): string {
  const written = finish.kind === 'stopToken' ? tokens.slice(0, -1) : tokens
  const text = tokenizer.decode(written)
  return finish.kind === 'stopString' ? text.slice(0, text.lastIndexOf(finish.text)) : text
}
