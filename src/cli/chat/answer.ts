// One answer of the model to a conversation: a rollout that is watched while it is written.

import type { EngineSession } from '../../generate/engine.ts'
import type { RolloutSampling } from '../../rollout/options.ts'
import { rolloutOne } from '../../rollout/rollout-one.ts'
import { IncrementalDecoder } from '../../tokenizer/incremental-decoder.ts'
import type { Tokenizer } from '../../tokenizer/tokenizer.ts'
import { reToolProtocol } from '../../tool/retool-protocol.ts'
import type { ChatMessage, Tool, ToolProtocol } from '../../tool/tool.ts'
import type { Policy } from '../../trajectory/policy.ts'
import { type TokenId, tokensOf } from '../../trajectory/segment.ts'
import type { Trajectory } from '../../trajectory/trajectory.ts'
import { type Conversation, type ConversationTemplate, contextFor } from './conversation.ts'

/** An engine, as far as the chat needs one. */
export interface WatchablePolicy extends Policy {
  open(): EngineSession
}

export interface Speaker {
  readonly engine: WatchablePolicy
  readonly tokenizer: Pick<Tokenizer, 'encode' | 'encodeOutside' | 'decode' | 'vocabulary'>
  readonly template: ConversationTemplate & {
    render(messages: readonly ChatMessage[]): string
    readonly turnEnd: string
  }
  readonly stopTokens: readonly TokenId[]
  readonly sampling: RolloutSampling
  /** Most tokens of one completion. */
  readonly tokenLimit: number
  /** Empty: the model talks and calls nothing. */
  readonly tools: readonly Tool[]
}

/** Where the text goes as it is written. */
export interface Listener {
  /** Written by the model, piece by piece; never half a character. */
  wrote(text: string): void
  /** What a tool said, in the protocol's tags. */
  toolSaid(text: string): void
}

export interface Answer {
  readonly conversation: Conversation
  /** What the model wrote and its tools said, without tokens that have no text. */
  readonly text: string
  readonly trajectory: Trajectory
  /** Written by the model. */
  readonly tokens: number
}

export interface Question {
  readonly text: string
  readonly system?: string
  readonly seed: number
  readonly signal?: AbortSignal
}

/** Talk without calls: the text is the answer. */
const talk: ToolProtocol = {
  name: 'talk',
  stopStrings: [],
  outputTurn: 'same',
  messages: (question) => [{ role: 'user', content: question }],
  parse: () => ({ kind: 'none' }),
  renderOutput: (output) => [{ origin: 'outside', text: output }],
  renderCall: () => '',
  renderAnswer: (answer) => answer,
}

/** Answers, or as much as was written before the signal; the conversation goes on from there. */
export async function answer(
  conversation: Conversation,
  question: Question,
  speaker: Speaker,
  listener: Listener,
): Promise<Answer> {
  const { engine, tokenizer, template, tools } = speaker
  const protocol = tools.length > 0 ? reToolProtocol : talk
  const added = messagesFor(conversation, question, protocol.messages(question.text, tools))
  const context = await contextFor(conversation, added, template)
  const watch = watcher(speaker, listener)
  const trajectory = await rolloutOne(
    { id: `chat/${conversation.messages.length}`, problemId: 'chat', question: question.text },
    {
      policy: watchedPolicy(engine, watch.token),
      codec: tokenizer,
      template: { ...template, encode: async () => context },
      protocol,
      tools,
      sampling: speaker.sampling,
      stopTokens: speaker.stopTokens,
      seed: question.seed,
      limits: {
        turnTokens: speaker.tokenLimit,
        trajectoryTokens: engine.contextLength,
        wallTimeMs: 86_400_000,
      },
      ...(question.signal && { signal: question.signal }),
      onSegment: (_id, segment) => {
        if (segment.author === 'policy') watch.endTurn()
        if (segment.author === 'tool') listener.toolSaid(tokenizer.decode(segment.tokens))
      },
    },
  )
  const unfinished = watch.endTurn()
  const reply = [...tokensOf(trajectory.segments.slice(1)), ...unfinished]
  const text = tokenizer.decode(reply, { skipSpecial: true })
  return {
    conversation:
      reply.length === 0 ? conversation : grown(conversation, { added, context, reply, text }),
    text,
    trajectory,
    tokens: watch.written(),
  }
}

function messagesFor(
  { messages }: Conversation,
  { system, text }: Question,
  first: readonly ChatMessage[],
): readonly ChatMessage[] {
  // The protocol explains itself once.
  if (messages.length > 0) return [{ role: 'user', content: text }]
  return system === undefined ? first : [{ role: 'system', content: system }, ...first]
}

interface Grown {
  readonly added: readonly ChatMessage[]
  readonly context: readonly TokenId[]
  readonly reply: readonly TokenId[]
  readonly text: string
}

function grown({ messages }: Conversation, { added, context, reply, text }: Grown): Conversation {
  return {
    messages: [...messages, ...added, { role: 'assistant', content: text }],
    tokens: [...context, ...reply],
  }
}

/** Tokens to text for the listener; remembers those of a turn that never became a segment. */
function watcher({ tokenizer }: Speaker, listener: Listener) {
  let decoder = new IncrementalDecoder(tokenizer.vocabulary, { skipSpecial: true })
  let turn: TokenId[] = []
  let written = 0
  const say = (text: string) => {
    if (text !== '') listener.wrote(text)
  }
  return {
    token: (token: TokenId) => {
      turn.push(token)
      written++
      say(decoder.push(token))
    },
    endTurn: (): readonly TokenId[] => {
      say(decoder.flush())
      const tokens = turn
      decoder = new IncrementalDecoder(tokenizer.vocabulary, { skipSpecial: true })
      turn = []
      return tokens
    },
    written: () => written,
  }
}

/** The engine's pages keep what earlier questions read, so that each gets a session of its own. */
function watchedPolicy(engine: WatchablePolicy, onToken: (token: TokenId) => void): Policy {
  return {
    version: engine.version,
    contextLength: engine.contextLength,
    open() {
      const session = engine.open()
      return {
        complete: (tokens, sampling, signal) => session.complete(tokens, sampling, signal, onToken),
        close: () => session.close(),
      }
    },
  }
}
