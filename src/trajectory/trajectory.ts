// The record of one attempt at a problem.

import type { Segment } from './segment.ts'

/** The limits that end a trajectory, by name. */
export type LimitName =
  | 'turns'
  | 'toolCalls'
  | 'trajectoryTokens'
  | 'turnTokens'
  | 'toolTokens'
  | 'wallTime'

/** Where something of ours broke, after its retries. */
export interface Failure {
  readonly border: 'policy' | 'tool' | 'sandbox' | 'reward'
  readonly kind: string
  readonly message: string
}

/** Why a trajectory ended. */
export type Stop =
  | { readonly kind: 'answered' }
  /** The policy ended its text with neither a call nor an answer. */
  | { readonly kind: 'ended' }
  | { readonly kind: 'limit'; readonly limit: LimitName }
  | { readonly kind: 'malformed'; readonly name: string }
  | { readonly kind: 'cancelled' }
  /** Ours, not the model's: left out of every statistic and of the loss. */
  | { readonly kind: 'failed'; readonly failure: Failure }

/** One attempt: who wrote what, why it stopped, which version of the policy wrote it. */
export interface Trajectory {
  readonly id: string
  readonly problemId: string
  readonly segments: readonly Segment[]
  readonly stop: Stop
  /** Updates behind the weights that wrote it; 0 for the first weights and for demonstrations. */
  readonly policyVersion: number
  /** Wall time from first prompt to stop, milliseconds. */
  readonly durationMs: number
}

/** How many completions the policy wrote. */
export function turnsOf(trajectory: Trajectory): number {
  return trajectory.segments.filter((segment) => segment.author === 'policy').length
}
