// A completion in the making.

import { RandomStream } from '../base/random.ts'
import type { Completion, Finish, Sampling } from '../trajectory/policy.ts'
import type { TokenId } from '../trajectory/segment.ts'
import type { Drawn } from './sampler.ts'
import type { StopDetector } from './stop.ts'

/** Watches a completion: each token as it is drawn, with its log-prob. */
export type OnToken = (token: TokenId, logprob: number) => void

export interface Request {
  readonly sampling: Sampling
  readonly random: RandomStream
  readonly stop: StopDetector
  readonly tokens: TokenId[]
  readonly logprobs: number[]
  readonly plainLogprobs: number[]
  readonly onToken: OnToken | undefined
  readonly settle: (outcome: Completion | Error) => void
}

/** The stream that a completion's draws come from: its seed alone decides. */
export function drawsOf(sampling: Sampling): RandomStream {
  return RandomStream.named(sampling.seed, 'sampling')
}

/** Adds a drawn token to the completion; the finish where it was the last. */
export function accept(request: Request, drawn: Drawn, isFull: boolean): Finish | undefined {
  const { token } = drawn
  request.tokens.push(token)
  request.logprobs.push(drawn.logprob)
  request.plainLogprobs.push(drawn.plainLogprob)
  request.onToken?.(token, drawn.logprob)
  const text = request.stop.push(token)
  if (text !== undefined) return { kind: 'stopString', text }
  if (request.sampling.stopTokens.includes(token)) return { kind: 'stopToken', token }
  const isLong = request.tokens.length >= request.sampling.tokenLimit
  return isLong || isFull ? { kind: 'length' } : undefined
}
