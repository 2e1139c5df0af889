// A server over a scripted model, and the official client of it.

import OpenAI from 'openai'
import { byteCodec, turnEndToken } from '../tool/byte-codec.fixture.ts'
import { chatMl } from '../tool/chatml.fixture.ts'
import type { Sampling } from '../trajectory/policy.ts'
import type { Script, ScriptedPolicy } from '../trajectory/scripted-policy.fixture.ts'
import { scriptedPolicy } from '../trajectory/scripted-policy.fixture.ts'
import type { ServedModel, WatchedPolicy } from './served-model.ts'
import type { Server, ServerOptions } from './server.ts'
import { startServer } from './server.ts'

const running = new Set<Server>()

/** For `afterEach`. */
export async function closeServers(): Promise<void> {
  await Promise.all([...running].map((server) => server.close()))
  running.clear()
}

/** The policy, telling each token of a completion once it is written. */
export function watched(policy: ScriptedPolicy): WatchedPolicy {
  return {
    version: 0,
    contextLength: policy.contextLength,
    open: () => {
      const session = policy.open()
      return {
        async complete(newTokens, sampling, signal, onToken) {
          const completion = await session.complete(newTokens, sampling, signal)
          completion.tokens.forEach((token, index) => {
            onToken?.(token, completion.logprobs[index] ?? 0)
          })
          return completion
        },
        close: () => session.close(),
      }
    },
  }
}

export function decoderOfBytes() {
  const decoder = new TextDecoder()
  return {
    push: (token: number) =>
      token < 256 ? decoder.decode(Uint8Array.of(token), { stream: true }) : '',
    flush: () => decoder.decode(),
  }
}

interface Given extends Partial<ServedModel>, ServerOptions {
  readonly contextLength?: number
}

/** A server whose model writes what the script says, and a client of it. */
export async function serving(script: Script, given: Given = {}) {
  const { contextLength = 4096, apiKey, ...changes } = given
  const seen: { text: string; sampling: Sampling }[] = []
  const policy = scriptedPolicy(
    (tokens, sampling) => {
      seen.push({ text: byteCodec.decode(tokens), sampling })
      return script(tokens, sampling)
    },
    { contextLength },
  )
  const server = await startServer(
    {
      name: 'small',
      policy: watched(policy),
      codec: byteCodec,
      template: chatMl({ knowsTools: false }),
      makeDecoder: decoderOfBytes,
      stopTokens: [turnEndToken],
      ...changes,
    },
    { port: 0, ...(apiKey !== undefined && { apiKey }) },
  )
  const connect = (key: string) =>
    new OpenAI({ apiKey: key, baseURL: `${server.url}/v1`, maxRetries: 0 })
  running.add(server)
  return { client: connect('key'), connect, seen, policy, server }
}

/** Writes this text and ends its turn. */
export const saying =
  (text: string): Script =>
  () => [...byteCodec.encode(text), turnEndToken]
export const user = (content: string) => ({ role: 'user' as const, content })
