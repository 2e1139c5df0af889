// The written form of a trajectory's segments and per-token numbers: JSON, deflated.

import { deflateSync, inflateSync } from 'node:zlib'
import type { ToolCall, ToolOutput } from '../trajectory/call.ts'
import type { Segment, TokenId } from '../trajectory/segment.ts'
import { DamagedRowError } from './database.ts'
import { floatsToText, textToFloats } from './float-text.ts'
import {
  type RecordedProblem,
  type TokenValueName,
  type TrajectoryRecord,
  tokenValueNames,
} from './trajectory-record.ts'

/** A segment with the text of each token. */
export type StoredSegment = Segment & { readonly pieces: readonly string[] }

export interface TrajectoryBody {
  readonly problem: RecordedProblem
  readonly segments: readonly StoredSegment[]
  readonly verdict: string | null
  readonly failureMessage: string | null
  readonly tokenValues: Readonly<Partial<Record<TokenValueName, Float32Array>>>
}

interface WrittenSegment {
  readonly author: Segment['author']
  readonly tokens: readonly TokenId[]
  readonly pieces: readonly string[]
  readonly logprobs?: string | null
  readonly call?: ToolCall
  readonly output?: ToolOutput
}

interface Written {
  readonly problem: RecordedProblem
  readonly segments: readonly WrittenSegment[]
  readonly verdict?: string
  readonly failureMessage?: string
  readonly tokenValues: Readonly<Partial<Record<TokenValueName, string>>>
}

export function encodeBody(record: TrajectoryRecord): Buffer {
  const { trajectory, problem, pieces, verdict } = record
  const { id, question, answer, source } = problem
  const tokenValues: Partial<Record<TokenValueName, string>> = {}
  for (const name of tokenValueNames) {
    const values = record.tokenValues?.[name]
    if (values) tokenValues[name] = floatsToText(values)
  }
  const written: Written = {
    problem: { id, question, answer, source },
    segments: trajectory.segments.map((segment, index) => ({
      ...segment,
      ...(segment.author === 'policy' && {
        logprobs: segment.logprobs && floatsToText(segment.logprobs),
      }),
      pieces: pieces[index] ?? [],
    })) as WrittenSegment[],
    ...(verdict !== undefined && { verdict }),
    ...(trajectory.stop.kind === 'failed' && { failureMessage: trajectory.stop.failure.message }),
    tokenValues,
  }
  return deflateSync(JSON.stringify(written), { level: 1 })
}

/** Throws DamagedRowError where the bytes are not what `encodeBody` wrote. */
export function decodeBody(body: Uint8Array): TrajectoryBody {
  const written = inflated(body)
  const tokenValues: Partial<Record<TokenValueName, Float32Array>> = {}
  for (const name of tokenValueNames) {
    const text = written.tokenValues[name]
    if (text !== undefined) tokenValues[name] = textToFloats(text)
  }
  return {
    problem: written.problem,
    segments: written.segments.map(readSegment),
    verdict: written.verdict ?? null,
    failureMessage: written.failureMessage ?? null,
    tokenValues,
  }
}

function inflated(body: Uint8Array): Written {
  try {
    return JSON.parse(inflateSync(body).toString()) as Written
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new DamagedRowError(`the tokens of a trajectory are damaged: ${why}`)
  }
}

function readSegment(written: WrittenSegment): StoredSegment {
  if (written.author !== 'policy') return written as StoredSegment
  const { tokens, pieces, logprobs } = written
  return {
    author: 'policy',
    tokens,
    pieces,
    logprobs: typeof logprobs === 'string' ? Array.from(textToFloats(logprobs)) : null,
  }
}
