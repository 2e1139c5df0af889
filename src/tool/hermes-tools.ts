// How a model is told of the tools that it may call as <tool_call> JSON.

import type { ChatTemplate } from './chat-template.ts'
import type { ToolDeclaration } from './tool.ts'

export const callOpen = '<tool_call>'
export const callClose = '</tool_call>'

/** Whether the template prints tools by itself, and asks for calls in this protocol's spelling. */
export function printsTools(template: ChatTemplate, tools: readonly ToolDeclaration[]): boolean {
  const text = template.render([{ role: 'user', content: '' }], {
    addGenerationPrompt: true,
    tools,
  })
  return text.includes(callOpen) && tools.every((tool) => text.includes(tool.function.name))
}

/** For templates that know nothing of tools. */
export function toolsText(tools: readonly ToolDeclaration[]): string {
  const declarations = tools.map((tool) => JSON.stringify(tool)).join('\n')
  return `You can call these tools, given as JSON schemas:
<tools>
${declarations}
</tools>

To call one, end your turn with its name and arguments as JSON, one call a turn:
${callOpen}
{"name": "the tool's name", "arguments": {"argument": "value"}}
${callClose}`
}
