// The interpreter: a tool that runs code in the sandbox.

import { InfrastructureError } from '../base/errors.ts'
import type { Execution, Limits, Sandbox, SandboxSession } from '../sandbox/sandbox.ts'
import type { ToolCall, ToolOutput } from '../trajectory/call.ts'
import { interpreterName } from './retool-protocol.ts'
import type { Tool, ToolContext } from './tool.ts'

/** How programs of the policy are run. */
export interface InterpreterOptions {
  /** `stateless`: every snippet starts fresh, as in the paper; `session`: variables live on. */
  readonly mode?: 'stateless' | 'session'
  /** Of each program; the sandbox's own otherwise. */
  readonly limits?: Partial<Limits>
  /** Seeds the programs' random numbers; without it the operating system does. */
  readonly seed?: number
}

/** The sandbox stays the caller's: closing the tool ends sessions only. */
export function interpreter(sandbox: Sandbox, options: InterpreterOptions = {}): Tool {
  const sessions = new SessionPool(sandbox)
  return {
    name: interpreterName,
    description:
      options.mode === 'session'
        ? 'Runs Python and returns what it prints. Variables live on between calls.'
        : 'Runs a complete Python script and returns what it prints.',
    parameters: {
      type: 'object',
      properties: { code: { type: 'string', description: 'The Python code to run.' } },
      required: ['code'],
    },
    async call(call: ToolCall, context: ToolContext): Promise<ToolOutput> {
      const { limits, seed } = options
      const program = {
        code: String(call.arguments['code'] ?? ''),
        ...(limits && { limits }),
        ...(seed !== undefined && { seed }),
      }
      const execution =
        options.mode === 'session'
          ? await sessions.execute(context, program)
          : await sandbox.execute(program, context.signal)
      return outputOf(execution)
    },
    release: (trajectoryId) => sessions.release(trajectoryId),
    close: () => sessions.close(),
  }
}

function outputOf(execution: Execution): ToolOutput {
  const { output, status, durationMs, stdout: _, ...details } = execution
  return { text: output, ok: status === 'ok', status, durationMs, details }
}

/** One session per trajectory, opened at its first call. */
class SessionPool {
  readonly #sessions = new Map<string, Promise<SandboxSession>>()

  constructor(private readonly sandbox: Sandbox) {}

  /**
   * A lost session is never replaced behind the policy's back: its variables are gone. Only a
   * session that never ran a cell may be opened again, by a retry.
   */
  async execute(
    context: ToolContext,
    program: Parameters<SandboxSession['execute']>[0],
  ): Promise<Execution> {
    const id = context.trajectoryId
    const known = this.#sessions.get(id)
    const opening = known ?? this.sandbox.session()
    this.#sessions.set(id, opening)
    try {
      const session = await opening
      return await session.execute(program, context.signal)
    } catch (error) {
      if (known) throw sessionLost(error)
      await this.release(id)
      throw error
    }
  }

  async release(id: string): Promise<void> {
    const opening = this.#sessions.get(id)
    this.#sessions.delete(id)
    const session = await opening?.catch(() => undefined)
    await session?.close()
  }

  async close(): Promise<void> {
    await Promise.all([...this.#sessions.keys()].map((id) => this.release(id)))
  }
}

function sessionLost(error: unknown): unknown {
  if (!(error instanceof InfrastructureError) || error.kind === 'cancelled') return error
  if (error.kind === 'overloaded') return error
  return new InfrastructureError('session_lost', error.message, { cause: error })
}
