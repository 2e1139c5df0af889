// What a reward may look at: one trajectory, decoded and judged.

import type { Problem } from '../data/problem.ts'
import type { TokenId } from '../trajectory/segment.ts'
import type { Trajectory } from '../trajectory/trajectory.ts'
import { extractAnswer } from './extract-answer.ts'
import type { Judge, Judgement } from './judge.ts'

/** A trajectory with its problem, what the policy wrote as text, and the judgement. */
export interface Attempt {
  readonly problem: Problem
  readonly trajectory: Trajectory
  /** The text of each policy segment, in order: what the policy wrote and nothing else. */
  readonly turns: readonly string[]
  /** The answer that was found in the last turn, or null. */
  readonly answer: string | null
  readonly judgement: Judgement
}

/** What turns tokens into text and judges an answer. */
export interface AttemptReader {
  readonly decode: (tokens: readonly TokenId[]) => string
  readonly judge: Judge
}

/** Decodes and judges. Throws InfrastructureError where the judge itself failed. */
export async function readAttempt(
  problem: Problem,
  trajectory: Trajectory,
  { decode, judge }: AttemptReader,
): Promise<Attempt> {
  const turns = trajectory.segments
    .filter((segment) => segment.author === 'policy')
    .map((segment) => decode(segment.tokens))
  const found = extractAnswer(turns.at(-1) ?? '')
  // A number in the middle of a text that was cut off is no answer.
  const cut = trajectory.stop.kind === 'limit' || trajectory.stop.kind === 'malformed'
  const answer = found === null || (cut && found.place === 'number') ? null : found.text
  return { problem, trajectory, turns, answer, judgement: await judge(problem, answer) }
}

/** Tokens after the first context: what the policy and the tools wrote. */
export function responseLength({ segments }: Trajectory): number {
  return segments.reduce(
    (sum, segment) => sum + (segment.author === 'context' ? 0 : segment.tokens.length),
    0,
  )
}
