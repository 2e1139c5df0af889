// What policies over HTTP have in common: the tokens of a session are kept here and sent whole with
// every turn; the server's own prefix cache makes that cheap.

import { z } from 'zod'
import { InfrastructureError, UserError } from '../../base/errors.ts'
import type { Completion, Policy, PolicySession, Sampling } from '../../trajectory/policy.ts'
import type { TokenId } from '../../trajectory/segment.ts'
import { HttpClient, type HttpOptions } from './http-client.ts'

export interface RemoteOptions extends HttpOptions {
  /** Name of the model on the server; the first that it lists unless said otherwise. */
  readonly model?: string
  /** Most tokens of prompt and completion; asked from the server unless said otherwise. */
  readonly contextLength?: number
}

/** A policy whose weights another process holds. */
export interface RemotePolicy extends Policy {
  close(): Promise<void>
}

/** One request: the whole prompt, and what is to become of it. */
export interface RemoteRequest {
  readonly client: HttpClient
  readonly model: string
  readonly prompt: readonly TokenId[]
  readonly sampling: Sampling
  readonly signal: AbortSignal | undefined
}

export type CompleteRemotely = (
  request: RemoteRequest,
) => Promise<Omit<Completion, 'policyVersion'>>

const modelsSchema = z.object({
  data: z.array(z.object({ id: z.string(), max_model_len: z.number().nullish() })),
})

/** Asks the server for its models. Throws UserError where it lacks the wanted one. */
export async function remotePolicy(
  options: RemoteOptions,
  complete: CompleteRemotely,
): Promise<RemotePolicy> {
  const client = new HttpClient(options)
  try {
    const found = await findModel(client, options)
    return {
      version: 0,
      contextLength: found.contextLength,
      open: () => openSession((request) => complete({ ...request, client, model: found.model })),
      close: () => client.close(),
    }
  } catch (error) {
    await client.close()
    throw error
  }
}

async function findModel(client: HttpClient, options: RemoteOptions) {
  const { data } = readReply(modelsSchema, await client.get('/v1/models'), '/v1/models')
  const listed = options.model ? data.find(({ id }) => id === options.model) : data[0]
  if (!listed) {
    const names = data.map(({ id }) => id).join(', ') || 'none'
    throw new UserError(`${options.url} serves no model ${options.model ?? ''}; it has: ${names}`)
  }
  const contextLength = options.contextLength ?? listed.max_model_len
  if (!contextLength) {
    throw new UserError(`${options.url} does not tell its context length; give contextLength`)
  }
  return { model: listed.id, contextLength }
}

function openSession(
  complete: (
    request: Pick<RemoteRequest, 'prompt' | 'sampling' | 'signal'>,
  ) => Promise<Omit<Completion, 'policyVersion'>>,
): PolicySession {
  const tokens: TokenId[] = []
  return {
    async complete(newTokens, sampling, signal) {
      for (const token of newTokens) tokens.push(token)
      const completion = await complete({ prompt: [...tokens], sampling, signal })
      for (const token of completion.tokens) tokens.push(token)
      return { ...completion, policyVersion: 0 }
    },
    close() {},
  }
}

/** The reply in its expected form, or InfrastructureError `bad_reply` that names the key. */
export function readReply<T>(schema: z.ZodType<T>, reply: unknown, path: string): T {
  const result = schema.safeParse(reply)
  if (result.success) return result.data
  const issue = result.error.issues[0]
  const key = issue?.path.map(String).join('.') ?? ''
  throw new InfrastructureError('bad_reply', `${path}: ${key}: ${issue?.message}`)
}

/** The server's word that a completion was broken off; it may be tried again. */
export function brokenOff(path: string, reason: unknown): InfrastructureError {
  return new InfrastructureError('server_error', `${path}: the completion ended by ${reason}`)
}
