// Does the policy use its tools at all?

import type { RewardPart } from '../reward-part.ts'

export interface ToolUseOptions {
  /** Calls beyond this many add nothing. */
  readonly enough: number
  /** Pay only for trajectories whose answer is wrong, so that right answers need no calls. */
  readonly onlyWhenWrong: boolean
}

export const toolUseDefaults: ToolUseOptions = { enough: 1, onlyWhenWrong: false }

/** Calls that were carried out, whatever came of them, over `enough`; at most 1. */
export function toolUse({ enough, onlyWhenWrong }: ToolUseOptions): RewardPart {
  return {
    name: 'toolUse',
    per: 'trajectory',
    value: ({ trajectory, judgement }) => {
      if (onlyWhenWrong && judgement.correct) return 0
      const calls = trajectory.segments.filter(
        (segment) => segment.author === 'tool' && segment.output.status !== 'malformed',
      )
      return Math.min(calls.length, enough) / enough
    },
  }
}
