// A policy for tests that writes what a script says and writes down what it was shown.

import { setImmediate as tick } from 'node:timers/promises'
import type { Completion, Finish, Policy, PolicySession, Sampling } from './policy.ts'
import type { TokenId } from './segment.ts'

/** Tokens that the policy would write next if nothing stopped it; it may throw instead. */
export type Script = (seen: readonly TokenId[], sampling: Sampling) => readonly TokenId[]

export interface ScriptedPolicy extends Policy {
  /** All tokens of each session: shown and written, in order. */
  readonly sessions: readonly { readonly seen: readonly TokenId[]; readonly open: boolean }[]
}

export function scriptedPolicy(
  script: Script,
  options: { readonly version?: number; readonly contextLength?: number } = {},
): ScriptedPolicy {
  const { version = 0, contextLength = 100_000 } = options
  const sessions: { seen: TokenId[]; open: boolean }[] = []
  const open = (): PolicySession => {
    const session = { seen: [] as TokenId[], open: true }
    sessions.push(session)
    return {
      async complete(newTokens, sampling, signal): Promise<Completion> {
        if (!session.open) throw new Error('completion in a closed session')
        session.seen.push(...newTokens)
        await tick()
        signal?.throwIfAborted()
        const { tokens, finish } = cut(script(session.seen, sampling), sampling)
        session.seen.push(...tokens)
        return { tokens, logprobs: tokens.map(logprobOf), finish, policyVersion: version }
      },
      close() {
        session.open = false
      },
    }
  }
  return { version, contextLength, sessions, open }
}

/** A log-prob that only this token at this place has. */
export function logprobOf(token: TokenId, index: number): number {
  return -(token + 1) / 1000 - index / 7
}

/** Stops as an engine does; one byte a token, so decoding is byte by byte. */
function cut(
  tokens: readonly TokenId[],
  sampling: Sampling,
): { tokens: readonly TokenId[]; finish: Finish } {
  let text = ''
  for (let index = 0; index < tokens.length; index++) {
    const token = tokens[index] ?? 0
    const written = tokens.slice(0, index + 1)
    text += String.fromCharCode(token)
    const stop = sampling.stopStrings.find((candidate) => text.endsWith(candidate))
    if (stop) return { tokens: written, finish: { kind: 'stopString', text: stop } }
    if (sampling.stopTokens.includes(token)) {
      return { tokens: written, finish: { kind: 'stopToken', token } }
    }
    if (written.length === sampling.tokenLimit)
      return { tokens: written, finish: { kind: 'length' } }
  }
  throw new Error('the script ended without a stop')
}
