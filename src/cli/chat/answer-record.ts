// An answer as JSON, for machines.

import { lastBoxed } from '../../base/last-boxed.ts'
import type { TokenId } from '../../trajectory/segment.ts'
import type { Stop } from '../../trajectory/trajectory.ts'
import type { Answer } from './answer.ts'

export interface AnswerRecord {
  readonly model: string
  readonly text: string
  /** What stands in the last box; null where there is none. */
  readonly boxed: string | null
  readonly stop: Stop
  readonly tokens: number
  readonly durationMs: number
  readonly segments: readonly { readonly author: string; readonly text: string }[]
}

export function answerRecord(
  { text, trajectory, tokens }: Answer,
  model: string,
  decode: (tokens: readonly TokenId[]) => string,
): AnswerRecord {
  const { stop, durationMs, segments } = trajectory
  return {
    model,
    text,
    boxed: lastBoxed(text) ?? null,
    stop,
    tokens,
    durationMs: Math.round(durationMs),
    segments: segments.map((segment) => ({ author: segment.author, text: decode(segment.tokens) })),
  }
}
