// What lists, filters and the paper's figures need of a trajectory, computed once when it is written.

import type { Segment, ToolSegment } from '../trajectory/segment.ts'
import type { Stop } from '../trajectory/trajectory.ts'
import { turnsOf } from '../trajectory/trajectory.ts'
import type { Phase, TrajectoryRecord } from './trajectory-record.ts'

export interface TrajectorySummary {
  readonly id: string
  readonly phase: Phase
  readonly step: number
  readonly problem: string
  readonly source: string
  readonly question: string
  readonly answer: string | null
  readonly reward: number | null
  readonly parts: Readonly<Record<string, number>>
  readonly correct: boolean | null
  readonly stop: Stop['kind']
  /** Which limit, malformed call, or border and kind of failure. */
  readonly stopDetail: string | null
  readonly turns: number
  readonly calls: number
  /** Calls whose program or function failed. */
  readonly errors: number
  readonly tokens: number
  /** Tokens after the first context. */
  readonly responseTokens: number
  readonly policyTokens: number
  /** Lines of code that are not blank, over all calls. */
  readonly codeLines: number
  readonly lastCallOk: boolean | null
  /** Where the first call's code starts, as a share of the response: 0 first token, 1 end. */
  readonly firstCallAt: number | null
  /** Whether a call failed and a later one succeeded. */
  readonly selfCorrected: boolean
  /** What each snippet is for, where the recorder said so. */
  readonly purposes: readonly string[]
  readonly policyVersion: number
  readonly durationMs: number
}

/** Characters of the question that lists show. */
const questionLimit = 240

export function trajectorySummary(record: TrajectoryRecord, step: number): TrajectorySummary {
  const { trajectory, problem, reward } = record
  const { segments, stop } = trajectory
  const tools = segments.filter(isCall)
  const firstError = tools.findIndex((segment) => !segment.output.ok)
  return {
    id: trajectory.id,
    phase: record.phase,
    step,
    problem: problem.id,
    source: problem.source,
    question: problem.question.slice(0, questionLimit),
    answer: record.answer ?? null,
    reward: reward?.total ?? null,
    parts: reward?.parts ?? {},
    correct: reward?.correct ?? null,
    stop: stop.kind,
    stopDetail: stopDetail(stop),
    turns: turnsOf(trajectory),
    calls: tools.length,
    errors: tools.filter((segment) => !segment.output.ok).length,
    tokens: countTokens(segments),
    responseTokens: countTokens(segments.slice(responseStart(segments))),
    policyTokens: countTokens(segments.filter((segment) => segment.author === 'policy')),
    codeLines: tools.reduce((sum, segment) => sum + codeLines(segment), 0),
    lastCallOk: tools.at(-1)?.output.ok ?? null,
    firstCallAt: firstCallAt(record),
    selfCorrected: firstError >= 0 && tools.slice(firstError).some((segment) => segment.output.ok),
    purposes: record.purposes ?? [],
    policyVersion: trajectory.policyVersion,
    durationMs: trajectory.durationMs,
  }
}

/** A tool segment that answers a real call, not one that tells the policy what was malformed. */
function isCall(segment: Segment): segment is ToolSegment {
  return segment.author === 'tool' && segment.call.tool !== 'malformed'
}

function stopDetail(stop: Stop): string | null {
  switch (stop.kind) {
    case 'limit':
      return stop.limit
    case 'malformed':
      return stop.name
    case 'failed':
      return `${stop.failure.border}: ${stop.failure.kind}`
    case 'answered':
    case 'ended':
    case 'cancelled':
      return null
    default:
      stop satisfies never
      return null
  }
}

function countTokens(segments: readonly Segment[]): number {
  return segments.reduce((sum, segment) => sum + segment.tokens.length, 0)
}

/** Index of the first segment that is not context. */
function responseStart(segments: readonly Segment[]): number {
  const first = segments.findIndex((segment) => segment.author !== 'context')
  return first < 0 ? segments.length : first
}

function codeOf(segment: ToolSegment): string {
  const code = segment.call.arguments['code']
  return typeof code === 'string' ? code : ''
}

function codeLines(segment: ToolSegment): number {
  return codeOf(segment)
    .split('\n')
    .filter((line) => line.trim() !== '').length
}

function firstCallAt({ trajectory: { segments }, pieces }: TrajectoryRecord): number | null {
  const start = responseStart(segments)
  const toolIndex = segments.findIndex(isCall)
  const tool = segments[toolIndex]
  if (tool?.author !== 'tool') return null
  const before = countTokens(segments.slice(start, Math.max(start, toolIndex - 1)))
  const writing = pieces[toolIndex - 1] ?? []
  const code = codeOf(tool).trim()
  const offset = code === '' ? -1 : writing.join('').indexOf(code)
  const inside = offset < 0 ? writing.length : tokenAt(writing, offset)
  return (before + inside) / Math.max(1, countTokens(segments.slice(start)))
}

/** Index of the token that holds the character at `offset`. */
function tokenAt(pieces: readonly string[], offset: number): number {
  let end = 0
  return pieces.findIndex((piece) => {
    end += piece.length
    return offset < end
  })
}
