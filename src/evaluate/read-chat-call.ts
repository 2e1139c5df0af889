// A call that a server's model made, with what is wrong with it.

import { argumentsProblem } from '../tool/check-arguments.ts'
import type { Tool } from '../tool/tool.ts'
import type { ToolCall } from '../trajectory/call.ts'
import type { ChatCall } from '../trajectory/chat-model.ts'

export interface ReadCall {
  readonly call: ToolCall
  /** What the call runs, for the record. */
  readonly code: string
  /** Why it cannot be carried out, in words for the model; null where it can. */
  readonly told: string | null
}

/** Throws nothing: what is wrong with the call is for the model to read. */
export function readCall({ name, arguments: given }: ChatCall, tools: readonly Tool[]): ReadCall {
  const refused = (told: string) => ({ call: { tool: name, arguments: {} }, code: given, told })
  const tool = tools.find((candidate) => candidate.name === name)
  if (!tool) return refused(`no tool is called ${JSON.stringify(name)}; nothing was run.`)
  let values: unknown
  try {
    values = JSON.parse(given === '' ? '{}' : given)
  } catch {
    return refused('the arguments are no JSON; nothing was run.')
  }
  if (typeof values !== 'object' || values === null || Array.isArray(values)) {
    return refused('the arguments must be an object; nothing was run.')
  }
  const call = { tool: name, arguments: values as Readonly<Record<string, unknown>> }
  const problem = argumentsProblem(tool, call.arguments)
  const code = String(call.arguments['code'] ?? given)
  return { call, code, told: problem === undefined ? null : `${problem}; nothing was run.` }
}
