// The tokens of a trajectory's first context: the model's chat template around the question.

import type { TokenId } from '../trajectory/segment.ts'
import type { ChatTemplate } from './chat-template.ts'
import type { TextCodec } from './text-codec.ts'
import type { Tool, ToolProtocol } from './tool.ts'

/** How a conversation is spelled: what rollouts and demonstrations have in common. */
export interface FirstContextOptions {
  readonly codec: TextCodec
  readonly template: ChatTemplate
  readonly protocol: ToolProtocol
  readonly tools: readonly Tool[]
}

/** The question in the protocol's words and the template's turns, up to where the policy writes. */
export function firstContext(
  question: string,
  { template, protocol, tools }: Omit<FirstContextOptions, 'codec'>,
): Promise<readonly TokenId[]> {
  const declarations = protocol.templateTools?.(tools)
  return template.encode(protocol.messages(question, tools), {
    addGenerationPrompt: true,
    ...(declarations && { tools: declarations }),
  })
}
