// A chat template in the ChatML form, for tests: with tools it prints them as Qwen's does.

import { byteCodec } from './byte-codec.fixture.ts'
import type { ChatTemplate, TemplateOptions } from './chat-template.ts'
import type { ChatMessage, TextPiece } from './tool.ts'

export function chatMl(options: { readonly knowsTools: boolean }): ChatTemplate {
  const pieces = (
    messages: readonly ChatMessage[],
    { addGenerationPrompt, tools }: TemplateOptions,
  ) => {
    const system =
      tools && options.knowsTools
        ? turn('system', [
            template('<tools>'),
            outside(tools.map((tool) => JSON.stringify(tool)).join('\n')),
            template('</tools> Call with <tool_call></tool_call>.'),
          ])
        : []
    const turns = messages.flatMap(({ role, content }) =>
      role === 'tool' && options.knowsTools
        ? turn('user', [
            template('<tool_response>\n'),
            outside(content),
            template('\n</tool_response>'),
          ])
        : turn(role, [outside(content)]),
    )
    return [...system, ...turns, template(addGenerationPrompt ? '<|im_start|>assistant\n' : '')]
  }
  return {
    turnEnd: '<|im_end|>',
    render: (...given) =>
      pieces(...given)
        .map(({ text }) => text)
        .join(''),
    encode: async (...given) =>
      pieces(...given).flatMap(({ origin, text }) =>
        origin === 'template' ? byteCodec.encode(text) : byteCodec.encodeOutside(text),
      ),
  }
}

const template = (text: string): TextPiece => ({ origin: 'template', text })
const outside = (text: string): TextPiece => ({ origin: 'outside', text })
const turn = (role: string, content: readonly TextPiece[]) => [
  template(`<|im_start|>${role}\n`),
  ...content,
  template('<|im_end|>\n'),
]
