// The border to foreign code: whatever a tool does becomes a ToolOutput, or an InfrastructureError
// when it was ours that failed.

import { InfrastructureError } from '../base/errors.ts'
import type { ToolCall, ToolOutput } from '../trajectory/call.ts'
import type { Tool, ToolContext } from './tool.ts'

/**
 * Calls the tool. A tool that throws, or returns what is no ToolOutput, has an output that says
 * so. The promise rejects with the signal's reason as soon as it aborts, even where the tool does
 * not listen, and with InfrastructureError where the tool says that something of ours failed.
 */
export async function callTool(
  tool: Tool,
  call: ToolCall,
  context: ToolContext,
): Promise<ToolOutput> {
  const started = performance.now()
  const ended = (status: string, text: string): ToolOutput => ({
    text,
    ok: false,
    status,
    durationMs: performance.now() - started,
  })
  try {
    const output: unknown = await orAborted(tool.call(call, context), context.signal)
    return isOutput(output) ? output : ended('garbage', `${tool.name} returned no readable output.`)
  } catch (error) {
    context.signal.throwIfAborted()
    if (error instanceof InfrastructureError) throw error
    return ended('error', `${tool.name} failed: ${messageOf(error)}`)
  }
}

/** The promise's result, or the signal's reason as soon as it aborts. */
export function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

/** The first line of what was thrown, at most 300 characters. */
function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message || error.name : String(error)
  return (text.split('\n')[0] ?? '').slice(0, 300)
}

function isOutput(value: unknown): value is ToolOutput {
  if (typeof value !== 'object' || value === null) return false
  const { text, ok, status, durationMs } = value as Record<string, unknown>
  return (
    typeof text === 'string' &&
    typeof ok === 'boolean' &&
    typeof status === 'string' &&
    typeof durationMs === 'number'
  )
}
