// A model's chat template with its tokenizer: what protocols and rollouts write first contexts with.

import { UserError } from '../base/errors.ts'
import { chatTemplateOf, renderTemplate, templateTokens } from './chat-template.ts'
import { encodeConversation } from './encode-conversation.ts'
import type { Tokenizer } from './tokenizer.ts'

export interface ModelTemplateOptions {
  /** Jinja text in place of the model's own template. */
  readonly template?: string
  /** Further variables for the template, such as `enable_thinking`. */
  readonly variables?: Readonly<Record<string, unknown>>
}

interface Message {
  readonly role: string
  readonly content: string
}

interface RenderOptions {
  readonly addGenerationPrompt: boolean
  readonly tools?: readonly unknown[]
}

/** Throws UserError where the model has no template and none is given. */
export class ModelTemplate {
  constructor(
    private readonly tokenizer: Tokenizer,
    private readonly options: ModelTemplateOptions = {},
  ) {
    this.#text(false)
  }

  render(messages: readonly Message[], options: RenderOptions): string {
    return renderTemplate(this.#text(options.tools !== undefined), records(messages), {
      ...templateTokens(this.tokenizer),
      ...this.#variables(),
      ...options,
    })
  }

  /** Ids in which nothing that a message or a tool says has become a special token. */
  encode(messages: readonly Message[], options: RenderOptions): Promise<number[]> {
    const text = this.#text(options.tools !== undefined)
    return encodeConversation(this.tokenizer, text, records(messages), {
      ...this.#variables(),
      ...options,
    })
  }

  /**
   * The token with which the assistant ends a turn, found by rendering one. Throws UserError where
   * the template writes none of the tokens that the model ends with.
   */
  get turnEnd(): string {
    const written = 'T-91cc'
    const text = this.render(
      [
        { role: 'user', content: 'Q-7f3a' },
        { role: 'assistant', content: written },
      ],
      { addGenerationPrompt: false },
    )
    const after = text.slice(text.indexOf(written) + written.length)
    const endings = this.tokenizer.special.endOfTurn
      .map((id) => this.tokenizer.decode([id]))
      .filter((ending) => after.includes(ending))
      .sort((a, b) => after.indexOf(a) - after.indexOf(b))
    if (endings[0] !== undefined) return endings[0]
    throw new UserError(
      `the chat template ends an assistant turn with ${JSON.stringify(after.slice(0, 20))}, which is none of the model's ending tokens; outputs cannot be given turns of their own`,
    )
  }

  #text(hasTools: boolean): string {
    return this.options.template ?? chatTemplateOf(this.tokenizer, hasTools)
  }

  #variables() {
    const { variables } = this.options
    return variables ? { variables } : {}
  }
}

function records(messages: readonly Message[]) {
  return messages.map((message) => ({ ...message }))
}
