// What turns a prompt into a completion: tokens in, tokens with log-probs out. It lives here, not
// with the engine, so that rollouts, tools and evaluation need no libtorch.

import type { TokenId } from './segment.ts'

/** How one completion is drawn. */
export interface Sampling {
  /** 0 is greedy. */
  readonly temperature: number
  /** Keep the smallest set of tokens whose probability reaches this; 1 keeps all. */
  readonly topP: number
  /** Keep the k most probable tokens; 0 keeps all. */
  readonly topK: number
  /** Keep tokens with at least this share of the highest probability; 0 keeps all. */
  readonly minP: number
  /** Most tokens of this completion. */
  readonly tokenLimit: number
  /** Decoded text that ends the completion; the token that completes it is kept whole. */
  readonly stopStrings: readonly string[]
  /** Tokens that end the completion, such as the end-of-turn token; kept. */
  readonly stopTokens: readonly TokenId[]
  /** The same tokens, weights and seed give the same completion. */
  readonly seed: number
  /** Ask for `plainLogprobs` as well; false by default. Only the engine here knows them. */
  readonly withPlainLogprobs?: boolean
}

/** Why one completion ended. */
export type Finish =
  | { readonly kind: 'stopString'; readonly text: string }
  | { readonly kind: 'stopToken'; readonly token: TokenId }
  | { readonly kind: 'length' }

/** What one call to the policy returns. */
export interface Completion {
  readonly tokens: readonly TokenId[]
  /** Natural logarithm, of the distribution sampled from (after temperature and cut-offs). */
  readonly logprobs: readonly number[]
  /** Of the distribution before temperature and cut-offs, where they were asked for. */
  readonly plainLogprobs?: readonly number[]
  readonly finish: Finish
  /** Of the weights that wrote it. */
  readonly policyVersion: number
}

/** A conversation with the policy that keeps its cache between turns. */
export interface PolicySession {
  /** Completes all tokens so far plus `newTokens`; only these are new to the cache. */
  complete(
    newTokens: readonly TokenId[],
    sampling: Sampling,
    signal?: AbortSignal,
  ): Promise<Completion>
  /** Gives the cache back; safe to call twice. */
  close(): void
}

/** What writes completions; has a version that rises with each published update. */
export interface Policy {
  /** Updates behind the weights; rises by one with each. */
  readonly version: number
  /** Most tokens that it can read. */
  readonly contextLength: number
  /** A new session; members of a group pass the same `group` so that their prompt is read once. */
  open(group?: string): PolicySession
}
