// Calls as <tool_call> JSON in the model's own chat template (the spelling of Hermes and Qwen):
// each output is a turn of its own, and the template's tokens around it are context, not policy.

import { lastBoxed } from '../base/last-boxed.ts'
import { nearest } from '../base/nearest.ts'
import type { ToolCall } from '../trajectory/call.ts'
import type { ChatTemplate } from './chat-template.ts'
import { argumentsProblem } from './check-arguments.ts'
import { callClose, callOpen, printsTools, toolsText } from './hermes-tools.ts'
import { outputFrame } from './output-frame.ts'
import type { ChatMessage, MalformedName, Move, Tool, ToolProtocol } from './tool.ts'
import { declarationOf } from './tool.ts'

const howToAnswer =
  'Solve the problem step by step, calling a tool where it helps. Close with the final answer in \\boxed{}.'
const answerWithoutTools =
  'Solve the problem step by step. Close with the final answer in \\boxed{}.'

/**
 * The protocol for a model with this chat template. Throws UserError where the template breaks the
 * prefix property: where a later turn changes how earlier ones are spelled.
 */
export function hermesProtocol(template: ChatTemplate): ToolProtocol {
  const frame = outputFrame(template)
  return {
    name: 'hermes',
    stopStrings: [],
    outputTurn: 'next',
    messages: (question, tools) => firstMessages(template, question, tools),
    templateTools: (tools) => declaredTo(template, tools),
    parse: parseTurn,
    renderOutput: (output) => [
      { origin: 'template', text: frame.before },
      { origin: 'outside', text: output.trimEnd() },
      { origin: 'template', text: frame.after },
    ],
    // The policy itself ends its turns.
    renderCall: (call) =>
      `${callOpen}\n${JSON.stringify({ name: call.tool, arguments: call.arguments })}\n${callClose}${template.turnEnd}`,
    renderAnswer: (answer) => `\\boxed{${answer}}${template.turnEnd}`,
  }
}

/** The tools as the template's own variable gets them; undefined where it would not print them. */
function declaredTo(template: ChatTemplate, tools: readonly Tool[]) {
  const declarations = tools.map(declarationOf)
  return tools.length > 0 && printsTools(template, declarations) ? declarations : undefined
}

function firstMessages(
  template: ChatTemplate,
  question: string,
  tools: readonly Tool[],
): readonly ChatMessage[] {
  const user = (instruction: string): ChatMessage => ({
    role: 'user',
    content: `${instruction}\n\nProblem:\n${question}`,
  })
  if (tools.length === 0) return [user(answerWithoutTools)]
  if (declaredTo(template, tools)) return [user(howToAnswer)]
  const content = toolsText(tools.map(declarationOf))
  return [{ role: 'system', content }, user(howToAnswer)]
}

function parseTurn(text: string, tools: readonly Tool[]): Move {
  const opened = text.split(callOpen).length - 1
  if (opened === 0) {
    if (text.includes(callClose)) {
      return malformed('unclosedTag', `${callClose} has no ${callOpen} before it.`)
    }
    const boxed = lastBoxed(text)
    return boxed === undefined ? { kind: 'none' } : { kind: 'answer', text: boxed }
  }
  if (opened > 1) return malformed('severalCalls', 'make one call a turn; none was run.')
  const start = text.indexOf(callOpen) + callOpen.length
  const end = text.indexOf(callClose, start)
  if (end === -1) return malformed('unclosedTag', `${callOpen} was not closed by ${callClose}.`)
  return parseBody(text.slice(start, end), tools)
}

function parseBody(body: string, tools: readonly Tool[]): Move {
  let value: unknown
  try {
    value = JSON.parse(body)
  } catch (error) {
    return malformed('badJson', `the call is no JSON: ${(error as Error).message}`)
  }
  if (!isRecord(value) || typeof value['name'] !== 'string') {
    return malformed('badJson', 'a call is {"name": text, "arguments": object}.')
  }
  const name = value['name']
  const tool = tools.find((candidate) => candidate.name === name)
  if (!tool) return malformed('unknownTool', unknownTool(name, tools))
  const given = value['arguments'] ?? {}
  if (!isRecord(given)) return malformed('wrongArguments', '"arguments" must be an object.')
  const problem = argumentsProblem(tool, given)
  if (problem) return malformed('wrongArguments', `${name} was not run: ${problem}`)
  const call: ToolCall = { tool: name, arguments: given }
  return { kind: 'call', call }
}

function unknownTool(name: string, tools: readonly Tool[]): string {
  const names = tools.map((tool) => tool.name)
  const suggestion = nearest(name, names)
  const known = names.length > 0 ? `known: ${names.join(', ')}` : 'there are no tools here'
  return `no tool is called ${JSON.stringify(name.slice(0, 60))}; ${suggestion ? `did you mean ${suggestion}? ` : ''}${known}.`
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function malformed(name: MalformedName, told: string): Move {
  return { kind: 'malformed', name, told: `Malformed call (${name}): ${told}` }
}
