// Runs a script's snippets for real; what they print is what the demonstration shows.

import { present } from '../base/check.ts'
import type { Problem } from '../data/problem.ts'
import type { Tool } from '../tool/tool.ts'
import type { ToolOutput } from '../trajectory/call.ts'
import type { Demonstration, DemonstrationTurn } from './demonstration.ts'
import type { Script } from './script.ts'

export type ScriptRun =
  | { readonly kind: 'demonstration'; readonly demonstration: Demonstration }
  | { readonly kind: 'dropped'; readonly reason: string; readonly detail: string }

/** Whose script it is. */
export interface ScriptOrigin {
  readonly problem: Problem
  readonly writer: string
}

/**
 * Runs the steps in order with the interpreter tool. A step that ends otherwise than expected drops
 * the script; a failure of ours (InfrastructureError) is thrown.
 */
export async function runScript(
  script: Script,
  origin: ScriptOrigin,
  interpreter: Tool,
  signal: AbortSignal,
): Promise<ScriptRun> {
  const id = `${origin.writer}/${origin.problem.id}`
  const turns: DemonstrationTurn[] = []
  for (const step of script.steps) {
    const { call, output } = await runSnippet(step.code, id, interpreter, signal)
    if (output.ok !== (step.expected === 'ok')) {
      const reason = output.ok ? 'the broken snippet ran' : 'a snippet failed'
      return { kind: 'dropped', reason, detail: `${step.code}\n-> ${output.text}` }
    }
    turns.push({ thought: step.thought, call, output })
  }
  await interpreter.release?.(id)
  const closing = script.close(turns.map(({ output }) => output.text))
  if (!closing) {
    const detail = present(turns.at(-1), 'a turn').output.text
    return { kind: 'dropped', reason: 'the output allows no answer', detail }
  }
  return { kind: 'demonstration', demonstration: { id, ...origin, turns, closing } }
}

/** One call; its output without what differs from run to run. */
export async function runSnippet(
  code: string,
  trajectoryId: string,
  interpreter: Tool,
  signal: AbortSignal,
): Promise<Pick<DemonstrationTurn, 'call' | 'output'>> {
  const call = { tool: interpreter.name, arguments: { code } }
  return { call, output: repeatable(await interpreter.call(call, { trajectoryId, signal })) }
}

/** The output without what differs from run to run, so that the same input gives the same file. */
function repeatable(output: ToolOutput): ToolOutput {
  const { text, ok, status } = output
  return { text, ok, status, durationMs: 0 }
}
