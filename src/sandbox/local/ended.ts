// A worker's answer as an Execution.

import { constants } from 'node:os'
import { modelText } from '../model-text.ts'
import type { Execution, ExecutionStatus, Limits, Tier } from '../sandbox.ts'
import type { Frame } from './frames.ts'

/** The header of an `ended` frame, as src/sandbox/worker/runs.py writes it. */
interface EndedHeader {
  readonly status: ExecutionStatus
  readonly code: number
  readonly exception: { type: string; message: string; text: string } | null
  readonly durationMs: number
  readonly cpuMs: number
  readonly peakBytes: number
  readonly totalBytes: number
  readonly headBytes: number
  readonly files: Readonly<Record<string, string>> | null
}

export interface EndedContext {
  readonly limits: Limits
  readonly queueMs: number
  readonly tier: Tier
  readonly outputCharacters: number | undefined
}

export function endedExecution(frame: Frame, context: EndedContext): Execution {
  const header = frame.header as unknown as EndedHeader
  const bytesKept = frame.body.length
  const { code, exception } = header
  const rest = {
    status: header.status,
    stdout: decoded(frame.body, header),
    exception: exception && { type: exception.type, message: exception.message },
    exitCode: code >= 0 ? code : null,
    signal: code < 0 ? signalName(-code) : null,
    truncated: header.totalBytes > bytesKept ? { bytesTotal: header.totalBytes, bytesKept } : null,
    durationMs: header.durationMs,
    queueMs: context.queueMs,
    cpuMs: header.cpuMs,
    peakMemoryBytes: header.peakBytes,
    tier: context.tier,
  }
  const traceback = exception?.text ?? ''
  const output = modelText({ ...rest, traceback }, context.limits, context.outputCharacters)
  const { status, ...others } = rest
  return { status, output, ...others, ...(header.files && { files: header.files }) }
}

/** The kept head and tail, with a line between them where something was dropped. */
function decoded(body: Buffer, header: EndedHeader): string {
  const dropped = header.totalBytes - body.length
  if (dropped <= 0) return body.toString('utf8')
  const head = body.toString('utf8', 0, header.headBytes)
  const tail = body.toString('utf8', header.headBytes)
  return `${head}\n[${dropped.toLocaleString('en-US')} bytes omitted]\n${tail}`
}

function signalName(number: number): string {
  const found = Object.entries(constants.signals).find(([, value]) => value === number)
  return found?.[0] ?? `signal ${number}`
}
