// What the server needs of a model. Nothing here touches a tensor: the engine is one such policy.

import type { ChatTemplate } from '../tool/chat-template.ts'
import type { TextCodec } from '../tool/text-codec.ts'
import type { Tool } from '../tool/tool.ts'
import type { Completion, Policy, PolicySession, Sampling } from '../trajectory/policy.ts'
import type { TokenId } from '../trajectory/segment.ts'

/** A session that can be watched token by token, as the engine's can. */
export interface WatchedSession extends PolicySession {
  complete(
    newTokens: readonly TokenId[],
    sampling: Sampling,
    signal?: AbortSignal,
    onToken?: (token: TokenId, logprob: number) => void,
  ): Promise<Completion>
}

export interface WatchedPolicy extends Policy {
  open(group?: string): WatchedSession
}

/** Tokens to text piece by piece; never half a character until `flush`. */
export interface TextDecoder {
  push(token: TokenId): string
  flush(): string
}

export interface ServedModel {
  /** The name that requests give. */
  readonly name: string
  readonly policy: WatchedPolicy
  readonly codec: TextCodec
  readonly template: ChatTemplate
  readonly makeDecoder: () => TextDecoder
  /** Tokens that end a turn or a text. */
  readonly stopTokens: readonly TokenId[]
  /** Runs the code of chats that bring no tools of their own; without it nothing is run. */
  readonly interpreter?: Tool
}
