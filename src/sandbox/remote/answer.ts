// What a sandbox server answered: an execution, or the typed reason why there is none.

import { z } from 'zod'
import { InfrastructureError, UserError } from '../../base/errors.ts'
import type { Execution } from '../sandbox.ts'

const executionAnswer = z.object({
  status: z.enum([
    'ok',
    'error',
    'exit',
    'signal',
    'timeout',
    'cpu_limit',
    'memory_limit',
    'output_limit',
  ]),
  output: z.string(),
  stdout: z.string(),
  exception: z.object({ type: z.string(), message: z.string() }).nullable(),
  exitCode: z.number().nullable(),
  signal: z.string().nullable(),
  truncated: z.object({ bytesTotal: z.number(), bytesKept: z.number() }).nullable(),
  durationMs: z.number(),
  queueMs: z.number(),
  cpuMs: z.number(),
  peakMemoryBytes: z.number(),
  tier: z.enum(['ns-root', 'ns-user', 'landlock', 'unsafe']),
  files: z.record(z.string(), z.string()).optional(),
})

const sessionAnswer = z.object({ id: z.string() })
const otherShape = 'an answer of another shape'

export interface Answer {
  readonly status: number
  readonly body: unknown
}

/**
 * Throws UserError for a request that the server refused, InfrastructureError for what failed there:
 * `overloaded`, `session_lost`, `cancelled`, or `node_failed` for the rest, which another server may do.
 */
export function executionOf({ status, body }: Answer, url: string): Execution {
  if (status === 200) {
    const { files, ...execution } = shaped(executionAnswer, body, url)
    return files ? { ...execution, files } : execution
  }
  return refused({ status, body }, url)
}

/** The id of the session that was opened; throws as `executionOf` does. */
export function sessionOf({ status, body }: Answer, url: string): string {
  return status === 200 ? shaped(sessionAnswer, body, url).id : refused({ status, body }, url)
}

function refused({ status, body }: Answer, url: string): never {
  const { kind, message } = failureOf(body)
  const told = `${url}: ${message}`
  if (status === 400 || status === 413) throw new UserError(message)
  if (status === 401) throw new UserError(`token: ${told}`)
  const ours = status === 429 ? 'overloaded' : status === 410 ? 'session_lost' : kind
  const passed = ours === 'overloaded' || ours === 'session_lost' || ours === 'cancelled'
  throw new InfrastructureError(passed ? ours : 'node_failed', told)
}

function failureOf(body: unknown): { kind: string; message: string } {
  const shape = z.object({ error: z.object({ kind: z.string(), message: z.string() }) })
  const parsed = shape.safeParse(body)
  return parsed.success ? parsed.data.error : { kind: '', message: otherShape }
}

function shaped<T>(shape: z.ZodType<T>, body: unknown, url: string): T {
  const parsed = shape.safeParse(body)
  if (parsed.success) return parsed.data
  throw new InfrastructureError('node_failed', `${url}: ${otherShape}`, { cause: parsed.error })
}
