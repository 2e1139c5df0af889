// The record of a rolled-out attempt.

import type { Problem } from '../data/problem.ts'
import { responseLength } from '../reward/attempt.ts'
import type { ScoredGroup } from '../reward/reward.ts'
import type { TokenId } from '../trajectory/segment.ts'
import type { Stop, Trajectory } from '../trajectory/trajectory.ts'
import { turnsOf } from '../trajectory/trajectory.ts'
import type { AttemptRecord, ResponsePart } from './attempt-record.ts'
import { snippetsOf } from './attempt-record.ts'

/** How it was judged. */
export interface Judged {
  readonly index: number
  readonly correct: boolean | null
  readonly answer: string | null
}

export type Decode = (tokens: readonly TokenId[]) => string

export function recordOfTrajectory(
  problem: Problem,
  trajectory: Trajectory,
  { index, correct, answer }: Judged,
  decode: Decode,
): AttemptRecord {
  return {
    problemId: problem.id,
    source: problem.source,
    index,
    correct,
    answer,
    stop: stopName(trajectory.stop),
    tokens: responseLength(trajectory),
    turns: turnsOf(trajectory),
    snippets: snippetsOf(partsOf(trajectory, decode)),
  }
}

/** The records of scored groups, such as those of a training step. */
export function recordsOfGroups(
  groups: readonly ScoredGroup[],
  decode: Decode,
): readonly AttemptRecord[] {
  return groups.flatMap(({ problem, members }) =>
    members.map(({ trajectory, reward: { correct } }, index) =>
      recordOfTrajectory(problem, trajectory, { index, correct, answer: null }, decode),
    ),
  )
}

function partsOf({ segments }: Trajectory, decode: Decode): readonly ResponsePart[] {
  return segments.flatMap((segment): readonly ResponsePart[] => {
    if (segment.author === 'context') return []
    const text = decode(segment.tokens)
    if (segment.author === 'policy') return [{ author: 'policy', text }]
    const { call, output } = segment
    const code = call.arguments['code']
    const isCode = call.tool !== 'malformed' && typeof code === 'string'
    return [{ author: 'tool', text, code: isCode ? code : null, ok: output.ok }]
  })
}

/** `limit turns`, `malformed noFence`, `failed sandbox`; the kind alone where there is no more. */
function stopName(stop: Stop): string {
  switch (stop.kind) {
    case 'limit':
      return `limit ${stop.limit}`
    case 'malformed':
      return `malformed ${stop.name}`
    case 'failed':
      return `failed ${stop.failure.border}`
    case 'answered':
    case 'ended':
    case 'cancelled':
      return stop.kind
  }
  stop satisfies never
}
