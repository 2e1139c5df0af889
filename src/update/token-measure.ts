// What an update computed for each token, for people to look at.

import type { MiniBatchMeasure } from './policy-gradients.ts'
import type { PreparedTrajectory } from './prepared-trajectory.ts'

/** Rows over all tokens of a trajectory; off the response mask they mean nothing. */
export interface TokenMeasure {
  readonly oldLogprobs: Float32Array
  /** Those of the last optimizer step that it was part of, as the loss saw them. */
  readonly newLogprobs: Float32Array
  /** Under the weights of the first optimizer step that it was part of. */
  readonly entropies: Float32Array | null
  /** Null without a KL loss. */
  readonly referenceLogprobs: Float32Array | null
}

/** One optimizer step: its trajectories as indices, and what it measured of each. */
interface MeasuredStep {
  readonly members: readonly number[]
  readonly measured: Pick<MiniBatchMeasure, 'logprobs' | 'entropies'>
}

/** One for each trajectory, in their order. */
export function tokenMeasures(
  prepared: readonly PreparedTrajectory[],
  steps: readonly MeasuredStep[],
): TokenMeasure[] {
  const first = new Map<number, Pick<TokenMeasure, 'newLogprobs' | 'entropies'>>()
  const last = new Map<number, Float32Array>()
  for (const { members, measured } of steps) {
    for (const [place, index] of members.entries()) {
      const newLogprobs = measured.logprobs[place] ?? new Float32Array(0)
      const entropies = measured.entropies?.[place] ?? null
      if (!first.has(index)) first.set(index, { newLogprobs, entropies })
      last.set(index, newLogprobs)
    }
  }
  return prepared.map(({ old, reference }, index) => ({
    // Where nothing was recomputed, the first forward was the old policy's own.
    oldLogprobs: old ?? first.get(index)?.newLogprobs ?? new Float32Array(0),
    newLogprobs: last.get(index) ?? new Float32Array(0),
    entropies: first.get(index)?.entropies ?? null,
    referenceLogprobs: reference,
  }))
}
