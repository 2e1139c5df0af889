// One request in the engine: the tokens of a session, how many of them are in the cache, and the
// completion that is being written, if one is.

import { RandomStream } from '../base/random.ts'
import type { Completion, Finish, Sampling } from '../trajectory/policy.ts'
import type { TokenId } from '../trajectory/segment.ts'
import type { Drawn } from './sampler.ts'
import type { StopDetector } from './stop.ts'

/** A completion in the making. */
export interface Request {
  readonly sampling: Sampling
  readonly random: RandomStream
  readonly stop: StopDetector
  readonly tokens: TokenId[]
  readonly logprobs: number[]
  readonly onToken: ((token: TokenId) => void) | undefined
  readonly settle: (outcome: Completion | Error) => void
}

export interface Sequence {
  /** Everything that the policy has been given and has written. */
  readonly tokens: TokenId[]
  /** Tokens whose keys and values are in the cache: always a prefix of `tokens`. */
  cached: number
  /** Cache pages, in the order of the tokens. */
  readonly pages: number[]
  request: Request | undefined
}

/** The stream that a completion's draws come from: its seed alone decides. */
export function drawsOf(sampling: Sampling): RandomStream {
  return RandomStream.named(sampling.seed, 'sampling')
}

/** Adds a drawn token to the completion; the finish where it was the last. */
export function accept(
  sequence: Sequence,
  request: Request,
  drawn: Drawn,
  room: number,
): Finish | undefined {
  const { token } = drawn
  sequence.tokens.push(token)
  request.tokens.push(token)
  request.logprobs.push(drawn.logprob)
  request.onToken?.(token)
  const text = request.stop.push(token)
  if (text !== undefined) return { kind: 'stopString', text }
  if (request.sampling.stopTokens.includes(token)) return { kind: 'stopToken', token }
  const isFull = request.tokens.length >= request.sampling.tokenLimit
  return isFull || sequence.tokens.length >= room ? { kind: 'length' } : undefined
}
