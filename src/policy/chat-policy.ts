// A model on this machine that is talked to in messages, through its own chat template.

import type { ChatModel, ChatReply, ChatRequest } from '../trajectory/chat-model.ts'
import type { OpenPolicy } from './open-policy.ts'

/** Stays the owner's; several replies may be asked for at once. */
export function chatPolicy(policy: OpenPolicy): ChatModel {
  return { name: policy.source.name, reply: (request, signal) => reply(policy, request, signal) }
}

async function reply(
  { engine, template, tokenizer, stopTokens }: OpenPolicy,
  { messages, tools = [], tokenLimit, ...sampling }: ChatRequest,
  signal: AbortSignal | undefined,
): Promise<ChatReply> {
  if (tools.length > 0) throw new Error('defect: calls of a local model are written in text')
  const turns = messages.map(({ role, content }) => ({ role, content }))
  const prompt = await template.encode(turns, { addGenerationPrompt: true })
  const promptTokens = prompt.length
  const room = engine.contextLength - promptTokens
  if (room < 1) return { text: '', calls: [], isCut: true, promptTokens, completionTokens: 0 }
  const session = engine.open()
  try {
    const drawn = { ...sampling, topK: 0, minP: 0, stopTokens }
    const limited = { ...drawn, tokenLimit: Math.min(tokenLimit, room) }
    const { tokens, finish } = await session.complete(prompt, limited, signal)
    const written = finish.kind === 'stopToken' ? tokens.slice(0, -1) : tokens
    const text = tokenizer.decode(written)
    const end = finish.kind === 'stopString' ? text.lastIndexOf(finish.text) : text.length
    const isCut = finish.kind === 'length'
    return {
      ...{ text: text.slice(0, end), calls: [], isCut },
      ...{ promptTokens, completionTokens: tokens.length },
    }
  } finally {
    session.close()
  }
}
