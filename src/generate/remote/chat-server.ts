// A model behind an OpenAI-compatible server, talked to in messages over /v1/chat/completions.

import { z } from 'zod'
import type { ChatModel, ChatRequest, ChatTurn } from '../../trajectory/chat-model.ts'
import { HttpClient, type HttpOptions } from './http-client.ts'
import { brokenOff, readReply } from './remote-policy.ts'

const path = '/chat/completions'

const replySchema = z.object({
  choices: z
    .array(
      z.object({
        message: z.object({
          content: z.string().nullish(),
          tool_calls: z
            .array(
              z.object({
                id: z.string().nullish(),
                function: z.object({ name: z.string(), arguments: z.string() }),
              }),
            )
            .nullish(),
        }),
        finish_reason: z.string().nullish(),
      }),
    )
    .min(1),
  usage: z.object({ prompt_tokens: z.number(), completion_tokens: z.number() }).nullish(),
})

export interface ChatServer extends ChatModel {
  close(): Promise<void>
}

/** `url` is the server's root, or ends in its version: `http://127.0.0.1:8000` or `.../v1`. */
export function chatServer({
  model,
  ...options
}: HttpOptions & { readonly model: string }): ChatServer {
  const base = options.url.replace(/\/+$/, '')
  const client = new HttpClient({ ...options, url: /\/v\d+$/.test(base) ? base : `${base}/v1` })
  return {
    name: model,
    async reply(request, signal) {
      const sent = await client.post(path, { model, ...bodyOf(request) }, signal)
      const { choices, usage } = readReply(replySchema, sent, path)
      const reason = choices[0]?.finish_reason ?? 'stop'
      if (!['stop', 'length', 'tool_calls', 'eos'].includes(reason)) throw brokenOff(path, reason)
      const message = choices[0]?.message
      return {
        text: message?.content ?? '',
        calls: (message?.tool_calls ?? []).map(({ id, function: called }, index) => ({
          id: id ?? `call_${index}`,
          name: called.name,
          arguments: called.arguments,
        })),
        isCut: reason === 'length',
        promptTokens: usage?.prompt_tokens ?? null,
        completionTokens: usage?.completion_tokens ?? null,
      }
    },
    close: () => client.close(),
  }
}

function bodyOf({ messages, tools = [], stopStrings, ...request }: ChatRequest) {
  return {
    messages: messages.map(spelled),
    temperature: request.temperature,
    top_p: request.topP,
    max_tokens: request.tokenLimit,
    seed: request.seed % 2 ** 31,
    ...(stopStrings.length > 0 && { stop: stopStrings }),
    ...(tools.length > 0 && { tools }),
  }
}

function spelled({ role, content, calls, callId }: ChatTurn) {
  return {
    role,
    content,
    ...(calls && {
      tool_calls: calls.map(({ id, name, arguments: given }) => ({
        id,
        type: 'function',
        function: { name, arguments: given },
      })),
    }),
    ...(callId !== undefined && { tool_call_id: callId }),
  }
}
