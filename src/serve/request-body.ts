// The bodies of requests, checked once. What would have no effect here is refused, unless it is set
// to what happens anyway.

import { z } from 'zod'
import { nearest } from '../base/nearest.ts'
import { RequestError } from './request-error.ts'

const stop = z.union([z.string(), z.array(z.string())]).nullish()
const limit = z.number().int().positive().nullish()

const shared = {
  model: z.string(),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().positive().max(1).nullish(),
  /** Beyond OpenAI's own, as vLLM and SGLang have them. */
  top_k: z.number().int().min(-1).nullish(),
  min_p: z.number().min(0).max(1).nullish(),
  seed: z.number().int().nullish(),
  n: z.number().int().min(1).max(128).nullish(),
  stop,
  stream: z.boolean().nullish(),
  stream_options: z.object({ include_usage: z.boolean().nullish() }).nullish(),
  max_tokens: limit,
  user: z.string().nullish(),
  metadata: z.record(z.string(), z.string()).nullish(),
  store: z.literal(false).nullish(),
  service_tier: z.enum(['auto', 'default']).nullish(),
  presence_penalty: z.literal(0).nullish(),
  frequency_penalty: z.literal(0).nullish(),
  logit_bias: z.record(z.string(), z.never()).nullish(),
}

const completionSchema = z.strictObject({
  ...shared,
  prompt: z.union([
    z.string(),
    z.array(z.string()).min(1),
    z.array(z.number().int().nonnegative()).min(1),
    z.array(z.array(z.number().int().nonnegative()).min(1)).min(1),
  ]),
  /** 0 or 1: the log-prob of each token written; alternatives are not kept. */
  logprobs: z.number().int().min(0).max(1).nullish(),
  echo: z.literal(false).nullish(),
  best_of: z.literal(1).nullish(),
  suffix: z.literal('').nullish(),
})

const textParts = z.array(z.object({ type: z.literal('text'), text: z.string() }))
const content = z.union([
  z.string(),
  textParts.transform((parts) => parts.map((p) => p.text).join('')),
])

const calls = z.array(
  z.object({
    id: z.string(),
    type: z.literal('function'),
    function: z.object({ name: z.string(), arguments: z.string() }),
  }),
)

const message = z.discriminatedUnion('role', [
  z.object({ role: z.enum(['system', 'developer']), content }),
  z.object({ role: z.literal('user'), content }),
  z.object({
    role: z.literal('assistant'),
    content: content.nullish(),
    tool_calls: calls.nullish(),
  }),
  z.object({ role: z.literal('tool'), content, tool_call_id: z.string() }),
])

const tool = z.object({
  type: z.literal('function'),
  function: z.object({
    name: z.string(),
    description: z.string().default(''),
    parameters: z.record(z.string(), z.unknown()).default({ type: 'object', properties: {} }),
  }),
})

const chatSchema = z.strictObject({
  ...shared,
  messages: z.array(message).min(1),
  max_completion_tokens: limit,
  logprobs: z.boolean().nullish(),
  /** Alternatives are not kept. */
  top_logprobs: z.literal(0).nullish(),
  tools: z.array(tool).nullish(),
  tool_choice: z.enum(['auto', 'none']).nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  response_format: z.object({ type: z.literal('text') }).nullish(),
  reasoning_effort: z.literal('none').nullish(),
})

export type CompletionBody = z.output<typeof completionSchema>
export type ChatBody = z.output<typeof chatSchema>
export type RequestMessage = z.output<typeof message>

export const parseCompletionBody = (value: unknown) => parse(completionSchema, value)
export const parseChatBody = (value: unknown) => parse(chatSchema, value)

/** Throws RequestError that names the key, and suggests the near one for an unknown key. */
function parse<Schema extends z.ZodObject>(schema: Schema, value: unknown): z.output<Schema> {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const issue = result.error.issues[0]
  if (issue?.code === 'unrecognized_keys') {
    const key = issue.keys[0] ?? ''
    const known = nearest(key, Object.keys(schema.shape))
    const advice = known ? `; did you mean ${known}?` : ''
    throw new RequestError(`${key} is not supported here${advice}`, 400, key)
  }
  const place = issue?.path.map(String).join('.') || 'body'
  throw new RequestError(`${place}: ${issue?.message ?? 'not as expected'}`, 400, place)
}
