// The tokens of a trajectory's first context: the model's chat template around the question.

import type { TokenId } from '../trajectory/segment.ts'
import type { ChatTemplate } from './chat-template.ts'
import type { TextCodec } from './text-codec.ts'
import { encodePieces } from './text-codec.ts'
import type { ChatMessage, TextPiece, Tool, ToolProtocol } from './tool.ts'

export interface FirstContextOptions {
  readonly codec: TextCodec
  readonly template: ChatTemplate
  readonly protocol: ToolProtocol
  readonly tools: readonly Tool[]
}

/** The question in the protocol's words and the template's turns, up to where the policy writes. */
export async function firstContext(
  question: string,
  options: FirstContextOptions,
): Promise<readonly TokenId[]> {
  const { protocol, tools } = options
  const declarations = protocol.templateTools?.(tools)
  const render = (messages: readonly ChatMessage[]) =>
    options.template.render(messages, {
      addGenerationPrompt: true,
      ...(declarations && { tools: declarations }),
    })
  const text = render(protocol.messages(question, tools))
  if (await isHarmless(question, options.codec)) return options.codec.encode(text)
  // A placeholder marks where the question went, so that its own text stays outside text.
  const placeholder = unused(text)
  return encodePieces(
    options.codec,
    around(render(protocol.messages(placeholder, tools)), placeholder, question),
  )
}

/** Whether the text spells no special token: then whole text encodes as its parts would. */
async function isHarmless(text: string, codec: TextCodec): Promise<boolean> {
  const [trusted, outside] = await Promise.all([codec.encode(text), codec.encodeOutside(text)])
  return trusted.length === outside.length && trusted.every((id, index) => id === outside[index])
}

function unused(text: string): string {
  let placeholder = 'QUESTION'
  while (text.includes(placeholder)) placeholder += 'X'
  return placeholder
}

function around(rendered: string, placeholder: string, question: string): TextPiece[] {
  return rendered.split(placeholder).flatMap((text, index): TextPiece[] => {
    const template: TextPiece = { origin: 'template', text }
    return index === 0 ? [template] : [{ origin: 'outside', text: question }, template]
  })
}
