// A chat template in the ChatML form, for tests: with tools it prints them as Qwen's does.

import type { ChatTemplate, TemplateOptions } from './chat-template.ts'
import type { ChatMessage } from './tool.ts'

export function chatMl(options: { readonly knowsTools: boolean }): ChatTemplate {
  return {
    turnEnd: '<|im_end|>',
    render(messages: readonly ChatMessage[], { addGenerationPrompt, tools }: TemplateOptions) {
      const system =
        tools && options.knowsTools
          ? `<|im_start|>system\n<tools>${tools.map((tool) => JSON.stringify(tool)).join('\n')}</tools> Call with <tool_call></tool_call>.<|im_end|>\n`
          : ''
      const turns = messages.map(({ role, content }) =>
        role === 'tool' && options.knowsTools
          ? `<|im_start|>user\n<tool_response>\n${content}\n</tool_response><|im_end|>\n`
          : `<|im_start|>${role}\n${content}<|im_end|>\n`,
      )
      return system + turns.join('') + (addGenerationPrompt ? '<|im_start|>assistant\n' : '')
    },
  }
}
