// Writes one choice of a reply: tokens from the policy, text for the client as soon as it is certain.

import { randomInt } from 'node:crypto'
import { RandomStream } from '../base/random.ts'
import type { Finish, Sampling } from '../trajectory/policy.ts'
import type { TokenId } from '../trajectory/segment.ts'
import { HeldText } from './held-text.ts'
import type { ChatBody, CompletionBody } from './request-body.ts'
import { RequestError } from './request-error.ts'
import type { ServedModel } from './served-model.ts'

/** The log-prob of one token that was written. */
export interface TokenLogprob {
  readonly token: string
  readonly logprob: number
}

/** Some text of one choice, with the tokens that were written meanwhile. */
export interface Piece {
  readonly text: string
  readonly logprobs: readonly TokenLogprob[]
}

export type Emit = (piece: Piece) => void

/** How a choice ended. */
export interface WrittenChoice {
  readonly finish: Finish['kind']
  readonly tokens: number
  /** From the first call on; empty where there is none. */
  readonly hidden: string
}

export interface ChoiceOptions {
  readonly context: readonly TokenId[]
  readonly sampling: Sampling
  readonly signal: AbortSignal
  /** Text from which on nothing is shown. */
  readonly hideFrom?: string
}

export async function writeChoice(
  model: ServedModel,
  options: ChoiceOptions,
  emit: Emit,
): Promise<WrittenChoice> {
  const { sampling, hideFrom } = options
  const held = new HeldText(sampling.stopStrings, hideFrom)
  const writer = new TokenWriter(model, (text) => held.push(text), emit)
  const session = model.policy.open()
  try {
    const completion = await session.complete(
      options.context,
      sampling,
      options.signal,
      writer.onToken,
    )
    writer.end(() => held.flush())
    const finish = completion.finish.kind
    return { finish, tokens: completion.tokens.length, hidden: held.hidden }
  } finally {
    session.close()
  }
}

/** Turns tokens into pieces; tokens that end a turn have no text. */
export class TokenWriter {
  #decoder
  #logprobs: TokenLogprob[] = []

  constructor(
    private readonly model: ServedModel,
    private readonly filter: (text: string) => string,
    private readonly emit: Emit,
  ) {
    this.#decoder = model.makeDecoder()
  }

  readonly onToken = (token: TokenId, logprob: number): void => {
    if (this.model.stopTokens.includes(token)) return
    this.#logprobs.push({ token: this.#spelling(token), logprob })
    this.#send(this.filter(this.#decoder.push(token)))
  }

  /** The rest: half a character, and what a filter still holds. */
  end(rest: () => string = () => ''): void {
    const text = this.filter(this.#decoder.flush()) + rest()
    this.#decoder = this.model.makeDecoder()
    if (text !== '' || this.#logprobs.length > 0) this.#emitNow(text)
  }

  #send(text: string): void {
    if (text !== '') this.#emitNow(text)
  }

  #emitNow(text: string): void {
    this.emit({ text, logprobs: this.#logprobs })
    this.#logprobs = []
  }

  #spelling(token: TokenId): string {
    const decoder = this.model.makeDecoder()
    return decoder.push(token) + decoder.flush()
  }
}

/** The sampling that a request asks for; choices and prompts differ in their seeds alone. */
export function samplingOf(
  model: ServedModel,
  body: CompletionBody | ChatBody,
  contextTokens: number,
): (index: number) => Sampling {
  const room = model.policy.contextLength - contextTokens
  const most = ('max_completion_tokens' in body && body.max_completion_tokens) || body.max_tokens
  if (room < 1) {
    throw new RequestError(
      `the prompt has ${contextTokens} tokens; the model reads at most ${model.policy.contextLength}`,
      400,
      'messages' in body ? 'messages' : 'prompt',
    )
  }
  const seed = body.seed ?? randomInt(2 ** 32)
  const { stop } = body
  const given = {
    temperature: body.temperature ?? 1,
    topP: body.top_p ?? 1,
    topK: Math.max(0, body.top_k ?? 0),
    minP: body.min_p ?? 0,
    tokenLimit: Math.min(most ?? room, room),
    stopStrings: (typeof stop === 'string' ? [stop] : (stop ?? [])).filter((text) => text !== ''),
    stopTokens: model.stopTokens,
  }
  return (index) => ({ ...given, seed: RandomStream.named(seed, `choice-${index}`).word() })
}

/** OpenAI's word for it. */
export function finishReason(finish: Finish['kind']): 'stop' | 'length' {
  return finish === 'length' ? 'length' : 'stop'
}
