// A tool with a deadline, a bound on calls at a time and a budget for each trajectory.

import pLimit from 'p-limit'
import type { ToolCall, ToolOutput } from '../trajectory/call.ts'
import { callTool, orAborted } from './call-tool.ts'
import type { Tool, ToolContext } from './tool.ts'

/** What bounds the calls of one tool. */
export interface ToolBounds {
  /** Most milliseconds of one call, counted from its start; later it is an output `timeout`. */
  readonly deadlineMs?: number
  /** Most calls at a time over all trajectories; further ones wait. */
  readonly concurrency?: number
  /** Most calls of one trajectory; further ones are an output `budget`. */
  readonly budget?: number
}

/** For tools that keep no bounds of their own, as functions and MCP servers do not. */
export function boundedTool(tool: Tool, bounds: ToolBounds): Tool {
  const limit = pLimit(bounds.concurrency ?? Number.POSITIVE_INFINITY)
  const spent = new Map<string, number>()
  return {
    name: tool.name,
    description: tool.description,
    parameters: tool.parameters,
    async call(call: ToolCall, context: ToolContext): Promise<ToolOutput> {
      const calls = spent.get(context.trajectoryId) ?? 0
      if (bounds.budget !== undefined && calls >= bounds.budget) {
        return overBudget(tool.name, bounds.budget)
      }
      spent.set(context.trajectoryId, calls + 1)
      const result = limit(() => {
        context.signal.throwIfAborted()
        return withDeadline(tool, call, context, bounds.deadlineMs)
      })
      return orAborted(result, context.signal)
    },
    async release(trajectoryId: string): Promise<void> {
      spent.delete(trajectoryId)
      await tool.release?.(trajectoryId)
    },
    async close(): Promise<void> {
      await tool.close?.()
    },
  }
}

async function withDeadline(
  tool: Tool,
  call: ToolCall,
  context: ToolContext,
  deadlineMs: number | undefined,
): Promise<ToolOutput> {
  if (deadlineMs === undefined) return callTool(tool, call, context)
  const late = new AbortController()
  const timer = setTimeout(() => late.abort(new Error('deadline')), deadlineMs)
  const signal = AbortSignal.any([context.signal, late.signal])
  try {
    return await callTool(tool, call, { ...context, signal })
  } catch (error) {
    if (context.signal.aborted || !late.signal.aborted) throw error
    const text = `${tool.name} did not answer within ${deadlineMs / 1000} s.`
    return { text, ok: false, status: 'timeout', durationMs: deadlineMs }
  } finally {
    clearTimeout(timer)
  }
}

function overBudget(name: string, budget: number): ToolOutput {
  const text = `${name} may be called ${budget === 1 ? 'once' : `${budget} times`}; no call is left.`
  return { text, ok: false, status: 'budget', durationMs: 0 }
}
