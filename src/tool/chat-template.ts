// What the protocols need of a model's chat template; the tokenizer's `modelTemplate` satisfies it.

import type { TokenId } from '../trajectory/segment.ts'
import type { ChatMessage, ToolDeclaration } from './tool.ts'

export interface TemplateOptions {
  /** Whether the text ends with the opening of an assistant turn. */
  readonly addGenerationPrompt: boolean
  readonly tools?: readonly ToolDeclaration[]
}

/** Messages as the model's own text and tokens. */
export interface ChatTemplate {
  /** Text of the messages; throws where the template refuses them (an unknown role, say). */
  render(messages: readonly ChatMessage[], options: TemplateOptions): string
  /** Tokens of the same; what messages and tools say spells no special token. */
  encode(messages: readonly ChatMessage[], options: TemplateOptions): Promise<readonly TokenId[]>
  /** The token, as text, with which the policy ends its turn: `<|im_end|>`. */
  readonly turnEnd: string
}
