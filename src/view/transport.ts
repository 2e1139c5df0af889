// The form in which a whole trajectory goes to the page: numbers rounded to what a tooltip shows.

import type { StoredSegment, TrajectoryBody } from '../run/trajectory-body.ts'
import type { RecordedProblem, TokenValueName } from '../run/trajectory-record.ts'
import type { TrajectorySummary } from '../run/trajectory-summary.ts'
import type { ToolCall, ToolOutput } from '../trajectory/call.ts'

export interface TransportSegment {
  readonly author: StoredSegment['author']
  readonly tokens: readonly number[]
  readonly pieces: readonly string[]
  /** Rollout log-probs of policy segments; null where nobody sampled them. */
  readonly logprobs: readonly (number | null)[] | null
  readonly call: ToolCall | null
  readonly output: ToolOutput | null
}

export interface TransportTrajectory {
  readonly summary: TrajectorySummary
  readonly problem: RecordedProblem
  readonly verdict: string | null
  readonly failureMessage: string | null
  readonly segments: readonly TransportSegment[]
  /** One entry a token over all segments; NaN and infinities are null. */
  readonly tokenValues: Readonly<Partial<Record<TokenValueName, readonly (number | null)[]>>>
}

export function toTransport(summary: TrajectorySummary, body: TrajectoryBody): TransportTrajectory {
  return {
    summary,
    problem: body.problem,
    verdict: body.verdict,
    failureMessage: body.failureMessage,
    segments: body.segments.map((segment) => ({
      author: segment.author,
      tokens: segment.tokens,
      pieces: segment.pieces,
      logprobs: segment.author === 'policy' && segment.logprobs ? rounded(segment.logprobs) : null,
      call: segment.author === 'tool' ? segment.call : null,
      output: segment.author === 'tool' ? segment.output : null,
    })),
    tokenValues: Object.fromEntries(
      Object.entries(body.tokenValues).map(([name, values]) => [name, rounded(values)]),
    ),
  }
}

function rounded(values: ArrayLike<number>): (number | null)[] {
  return Array.from(values, (value) =>
    Number.isFinite(value) ? Number(value.toPrecision(5)) : null,
  )
}
