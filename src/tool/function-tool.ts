// A TypeScript function as a tool: its zod schema says what the policy must write.

import { z } from 'zod'
import type { ToolBounds } from './bounded-tool.ts'
import { boundedTool } from './bounded-tool.ts'
import { issueText } from './check-arguments.ts'
import type { Tool, ToolContext } from './tool.ts'

/** A function and how the policy is told of it. */
export interface FunctionToolOptions<Schema extends z.ZodObject> {
  readonly name: string
  /** What it does and when to use it, for the policy. */
  readonly description: string
  /** Arguments; described to the policy as JSON Schema and checked before `run`. */
  readonly input: Schema
  /** Text is shown as it is, anything else as JSON. What it throws becomes the output. */
  readonly run: (input: z.output<Schema>, context: ToolContext) => unknown
  /** The deadline is 30 s unless said otherwise. */
  readonly bounds?: ToolBounds
}

/**
 * functionTool({ name: 'weather', description: 'Weather of a city.', input: z.object({ city: z.string() }),
 *   run: async ({ city }) => lookUp(city) })
 */
export function functionTool<Schema extends z.ZodObject>(
  options: FunctionToolOptions<Schema>,
): Tool {
  const { $schema: _, ...parameters } = z.toJSONSchema(options.input, { io: 'input' })
  const tool: Tool = {
    name: options.name,
    description: options.description,
    parameters,
    async call(call, context) {
      const started = performance.now()
      const input = options.input.safeParse(call.arguments)
      if (!input.success) {
        const text = `${options.name} was not run: ${issueText(input.error)}`
        return { text, ok: false, status: 'wrongArguments', durationMs: 0 }
      }
      const result: unknown = await options.run(input.data, context)
      const durationMs = performance.now() - started
      return { text: shown(result), ok: true, status: 'ok', durationMs }
    },
  }
  return boundedTool(tool, { deadlineMs: 30_000, ...options.bounds })
}

function shown(result: unknown): string {
  if (typeof result === 'string') return result
  return JSON.stringify(result) ?? ''
}
