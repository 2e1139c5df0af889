// The owner of weights and optimizer state; makes the policy's next version.

import type { Credited } from '../advantage/advantage.ts'
import type { RandomStream } from '../base/random.ts'
import type { Decoder } from '../model/decoder.ts'
import type { TrainingSequence } from './batch.ts'
import { type ImitationReport, imitationGradients, imitationLoss } from './imitation.ts'
import { policyGradients } from './policy-gradients.ts'
import { miniBatches, type PolicyUpdateOptions } from './policy-update.ts'
import { prepareTrajectories } from './prepared-trajectory.ts'
import type { Recomputation } from './recomputed-layers.ts'
import { scoreTokens, type TokenScores } from './score-tokens.ts'
import { tokenMeasures } from './token-measure.ts'
import type { TrainableModel } from './trainable-model.ts'
import { type UpdateReport, updateReport } from './update-report.ts'
import {
  type WeightState,
  type WeightUpdateOptions,
  WeightUpdater,
  weightUpdateDefaults,
} from './weight-updater.ts'

export interface LearnerOptions extends WeightUpdateOptions {
  /** Most tokens of one forward and backward; decides memory and speed, never the result. */
  readonly microBatchTokens: number
  /**
   * Compute layers once more on the way back instead of keeping what is inside them: all, none, or
   * as few as a budget of 2 GiB for the activations of a micro-batch asks for (`auto`).
   */
  readonly checkpointActivations: Recomputation
}

export const learnerDefaults: LearnerOptions = {
  ...weightUpdateDefaults,
  microBatchTokens: 4096,
  checkpointActivations: 'auto',
}

/**
 * Owns a trainable model and its optimizer; disposes both. Its decoder always computes with the
 * newest weights, in the same tensors, so that an engine may share them.
 */
export class Learner {
  readonly #model: TrainableModel
  #updater: WeightUpdater
  #options: LearnerOptions
  /** Frozen; where a KL term needs it. */
  readonly #reference: Decoder | null

  constructor(model: TrainableModel, options: LearnerOptions, reference: Decoder | null = null) {
    this.#model = model
    this.#options = options
    this.#reference = reference
    this.#updater = new WeightUpdater(model.parameters, options)
  }

  get decoder(): Decoder {
    return this.#model.decoder
  }

  /** Optimizer steps taken so far. */
  get steps(): number {
    return this.#updater.steps
  }

  /** Log-probs and entropies of trained tokens under the present weights, rows over all tokens. */
  score(sequences: readonly TrainingSequence[], temperature: number): TokenScores {
    return this.#scored(this.decoder, sequences, temperature)
  }

  /** As `score`, under the reference policy; null where the learner has none. */
  referenceScore(sequences: readonly TrainingSequence[], temperature: number): TokenScores | null {
    return this.#reference && this.#scored(this.#reference, sequences, temperature)
  }

  /** One optimizer step of imitation on the demonstrations of a mini-batch. */
  imitate(demonstrations: readonly TrainingSequence[]): ImitationReport {
    const { measured, taken } = this.#updater.step(() =>
      imitationGradients(this.#model, demonstrations, this.#options),
    )
    return { ...measured, ...taken }
  }

  /** The imitation loss of demonstrations that are not trained on. */
  imitationLoss(demonstrations: readonly TrainingSequence[]): number {
    return imitationLoss(this.decoder, demonstrations, this.#options.microBatchTokens)
  }

  /**
   * Updates the policy on the credited trajectories of a step. Throws NonFiniteError before the
   * weights of the offending optimizer step are touched. `shuffle` orders mini-batches.
   */
  improve(
    credited: readonly Credited[],
    options: PolicyUpdateOptions,
    shuffle: RandomStream,
  ): UpdateReport {
    const prepared = prepareTrajectories(credited, options, {
      policy: this.decoder,
      reference: this.#reference,
      microBatchTokens: this.#options.microBatchTokens,
    })
    const batches = miniBatches(prepared.length, options, shuffle)
    const steps = batches.map((members, index) => {
      const trajectories = members.flatMap((member) => prepared[member] ?? [])
      const { objective, temperature } = options
      const measureEntropy = index < batches.length / options.passes
      const gradientOptions = { ...this.#options, objective, temperature, measureEntropy }
      const taken = this.#updater.step(() =>
        policyGradients(this.#model, trajectories, gradientOptions),
      )
      return { members, trajectories, ...taken }
    })
    return updateReport(steps, options, tokenMeasures(prepared, steps))
  }

  /** Begins another stage with the present weights: fresh moments, steps from zero, other options. */
  beginStage(options: LearnerOptions): void {
    this.#updater[Symbol.dispose]()
    this.#updater = new WeightUpdater(this.#model.parameters, options)
    this.#options = options
  }

  /** What a checkpoint keeps. The tensors stay the learner's and change with its next step. */
  state(): WeightState {
    return this.#updater.state()
  }

  /** Takes over the numbers of a saved state, whose names and shapes must be its own. */
  restore(saved: WeightState): void {
    this.#updater.restore(saved)
  }

  [Symbol.dispose](): void {
    this.#updater[Symbol.dispose]()
    this.#model.dispose()
  }

  #scored(
    decoder: Decoder,
    sequences: readonly TrainingSequence[],
    temperature: number,
  ): TokenScores {
    const { microBatchTokens } = this.#options
    return scoreTokens(decoder, sequences, { temperature, microBatchTokens, withEntropy: true })
  }
}
