// A model that is talked to in messages: behind a server that spells them itself, or on this machine
// with its chat template. For teachers, and for evaluating what cannot be given tokens.

export interface ChatTurn {
  readonly role: 'system' | 'user' | 'assistant' | 'tool'
  readonly content: string
  /** Of an assistant's turn: what it called. */
  readonly calls?: readonly ChatCall[]
  /** Of a tool's turn: the call that it answers. */
  readonly callId?: string
}

export interface ChatCall {
  readonly id: string
  readonly name: string
  /** JSON as the model wrote it, which may be broken. */
  readonly arguments: string
}

export interface ChatRequest {
  readonly messages: readonly ChatTurn[]
  /** Declarations as OpenAI-compatible interfaces take them; none if omitted. */
  readonly tools?: readonly unknown[]
  /** 0 is greedy. */
  readonly temperature: number
  readonly topP: number
  readonly tokenLimit: number
  readonly stopStrings: readonly string[]
  readonly seed: number
}

export interface ChatReply {
  /** Without the stop string that ended it. */
  readonly text: string
  readonly calls: readonly ChatCall[]
  /** Whether the token limit ended it. */
  readonly isCut: boolean
  /** Null where nobody counted. */
  readonly promptTokens: number | null
  readonly completionTokens: number | null
}

export interface ChatModel {
  readonly name: string
  /**
   * Throws UserError for a request that is refused for good, InfrastructureError for what may pass,
   * and the signal's reason.
   */
  reply(request: ChatRequest, signal?: AbortSignal): Promise<ChatReply>
}
