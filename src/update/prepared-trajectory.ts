// Everything about a trajectory that stays the same during an update, on plain numbers.

import type { Credited } from '../advantage/advantage.ts'
import type { Decoder } from '../model/decoder.ts'
import { type TrainingSequence, trainingSequence } from './batch.ts'
import { correctionWeights } from './correction.ts'
import type { PolicyUpdateOptions } from './policy-update.ts'
import { rolloutLogprobs } from './sampling-gap.ts'
import { scoreTokens } from './score-tokens.ts'

/** Rows are over all tokens of the trajectory. */
export interface PreparedTrajectory extends TrainingSequence {
  readonly advantages: Float32Array
  /** Null where the first forward of the update gives them, being the old policy's own. */
  readonly old: Float32Array | null
  /** Null where nobody sampled the trajectory. */
  readonly rollout: Float32Array | null
  readonly reference: Float32Array | null
  readonly weights: ArrayLike<number> | null
}

export interface PreparationContext {
  readonly policy: Decoder
  /** Needed for a KL term. */
  readonly reference: Decoder | null
  readonly microBatchTokens: number
}

/**
 * Scores the trajectories under the old policy, where more than one optimizer step or a correction
 * needs it, and under the reference, where a KL term does. A trajectory that nobody sampled, such as
 * a demonstration, is scored in any case and needs no correction.
 */
export function prepareTrajectories(
  credited: readonly Credited[],
  options: PolicyUpdateOptions,
  { policy, reference, microBatchTokens }: PreparationContext,
): PreparedTrajectory[] {
  const sequences = credited.map(({ trajectory }) => trainingSequence(trajectory))
  const rollout = credited.map(({ trajectory }) => rolloutLogprobs(trajectory))
  const { passes, miniBatchSize, temperature } = options
  const score = (decoder: Decoder) =>
    scoreTokens(decoder, sequences, { temperature, microBatchTokens, withEntropy: false }).logprobs
  const oneStep = passes === 1 && (miniBatchSize ?? credited.length) >= credited.length
  const isFirstForwardEnough = oneStep && options.correction.kind === 'none'
  const isNeeded =
    options.oldLogprobs === 'rollout' ? rollout.includes(null) : !isFirstForwardEnough
  const old = isNeeded ? score(policy) : null
  if (options.objective.kl && !reference) throw new Error('defect: a KL term without a reference')
  const references = options.objective.kl && reference ? score(reference) : null
  return sequences.map((sequence, index) => {
    const sampled = rollout[index] ?? null
    const scored = old?.[index] ?? null
    const oldRow = options.oldLogprobs === 'rollout' ? (sampled ?? scored) : scored
    return {
      ...sequence,
      advantages: credited[index]?.advantages ?? new Float32Array(0),
      old: oldRow,
      rollout: sampled,
      reference: references?.[index] ?? null,
      weights: weightsOf(sequence, oldRow, sampled, options),
    }
  })
}

function weightsOf(
  { mask }: TrainingSequence,
  old: Float32Array | null,
  rollout: Float32Array | null,
  { correction }: PolicyUpdateOptions,
): ArrayLike<number> | null {
  if (correction.kind === 'none' || !old) return null
  return correctionWeights([old], [rollout ?? old], [mask], correction)[0] ?? null
}
