// The messages of a chat request as the model's template gets them, tools and their outputs included.

import type { ChatTemplate } from '../tool/chat-template.ts'
import { callClose, callOpen, printsTools, toolsText } from '../tool/hermes-tools.ts'
import type { ChatMessage, ToolDeclaration } from '../tool/tool.ts'
import type { RequestMessage } from './request-body.ts'
import { RequestError } from './request-error.ts'

/** Tools that the template does not print by itself are put into the system message. */
export function chatMessages(
  template: ChatTemplate,
  messages: readonly RequestMessage[],
  tools: readonly ToolDeclaration[],
): { messages: readonly ChatMessage[]; tools?: readonly ToolDeclaration[] } {
  const plain = messages.map(plainMessage)
  if (tools.length === 0) return { messages: plain }
  if (printsTools(template, tools)) return { messages: plain, tools }
  const [first, ...rest] = plain
  const text = toolsText(tools)
  if (first?.role === 'system') {
    return { messages: [{ ...first, content: `${first.content}\n\n${text}` }, ...rest] }
  }
  return { messages: [{ role: 'system', content: text }, ...plain] }
}

function plainMessage(message: RequestMessage): ChatMessage {
  switch (message.role) {
    case 'system':
    case 'developer':
      return { role: 'system', content: message.content }
    case 'user':
    case 'tool':
      return { role: message.role, content: message.content }
    case 'assistant': {
      const calls = (message.tool_calls ?? []).map((call) => spelled(call.function))
      return { role: 'assistant', content: [message.content ?? '', ...calls].join('\n').trim() }
    }
    default:
      return message satisfies never
  }
}

function spelled(call: { readonly name: string; readonly arguments: string }): string {
  let values: unknown
  try {
    values = JSON.parse(call.arguments)
  } catch {
    throw new RequestError(`the arguments of a call to ${call.name} are no JSON`, 400, 'messages')
  }
  return `${callOpen}\n${JSON.stringify({ name: call.name, arguments: values })}\n${callClose}`
}
