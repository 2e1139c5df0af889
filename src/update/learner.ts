// The owner of weights and optimizer state; makes the policy's next version.

import type { Credited } from '../advantage/advantage.ts'
import type { RandomStream } from '../base/random.ts'
import type { Decoder } from '../model/decoder.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { AdamW, type AdamWOptions, adamWDefaults } from './adam-w.ts'
import type { Trainee } from './backpropagate.ts'
import type { TrainingSequence } from './batch.ts'
import { type ImitationReport, imitationGradients, imitationLoss } from './imitation.ts'
import { type LearningRateSchedule, learningRate } from './learning-rate.ts'
import { NonFiniteError, optimizerStep } from './optimizer-step.ts'
import { overwrite } from './parameters.ts'
import { type MiniBatchMeasure, policyGradients } from './policy-gradients.ts'
import { miniBatches, type PolicyUpdateOptions } from './policy-update.ts'
import { prepareTrajectories } from './prepared-trajectory.ts'
import { scoreTokens, type TokenScores } from './score-tokens.ts'
import type { TrainableModel } from './trainable-model.ts'
import { type UpdateReport, updateReport } from './update-report.ts'

export interface LearnerOptions {
  readonly learningRate: LearningRateSchedule
  readonly optimizer: AdamWOptions
  /** Longest gradient; null for no limit. */
  readonly maxGradientNorm: number | null
  /** Most tokens of one forward and backward; decides memory and speed, never the result. */
  readonly microBatchTokens: number
  /** Compute each layer once more on the way back instead of keeping what is inside it. */
  readonly checkpointActivations: boolean
}

export const learnerDefaults: LearnerOptions = {
  learningRate: { peak: 1e-6, warmUpSteps: 0, decay: { kind: 'constant' } },
  optimizer: adamWDefaults,
  maxGradientNorm: 1,
  microBatchTokens: 4096,
  checkpointActivations: false,
}

/** What a checkpoint keeps of a learner, beside the model's own weights. */
export interface LearnerState {
  /** Optimizer steps taken. */
  readonly steps: number
  /** Float32 masters and moments by name; they stay the learner's. */
  readonly tensors: ReadonlyMap<string, Tensor>
}

/**
 * Owns a trainable model and its optimizer; disposes both. Its decoder always computes with the
 * newest weights, in the same tensors, so that an engine may share them.
 */
export class Learner {
  readonly #model: TrainableModel
  #optimizer: AdamW
  #options: LearnerOptions
  /** Frozen; where a KL term needs it. */
  readonly #reference: Decoder | null
  #steps = 0

  constructor(model: TrainableModel, options: LearnerOptions, reference: Decoder | null = null) {
    this.#model = model
    this.#options = options
    this.#reference = reference
    this.#optimizer = new AdamW(model.parameters.all, options.optimizer)
  }

  get decoder(): Decoder {
    return this.#model.decoder
  }

  /** Optimizer steps taken so far. */
  get steps(): number {
    return this.#steps
  }

  /** Log-probs and entropies of trained tokens under the present weights, rows over all tokens. */
  score(sequences: readonly TrainingSequence[], temperature: number): TokenScores {
    const { microBatchTokens } = this.#options
    return scoreTokens(this.decoder, sequences, {
      temperature,
      microBatchTokens,
      withEntropy: true,
    })
  }

  /** One optimizer step of imitation on the demonstrations of a mini-batch. */
  imitate(demonstrations: readonly TrainingSequence[]): ImitationReport {
    this.#model.parameters.clearGradients()
    const { loss, tokens } = imitationGradients(this.#trainee, demonstrations, this.#options)
    return { loss, tokens, ...this.#step(loss) }
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
    const { microBatchTokens } = this.#options
    const prepared = prepareTrajectories(credited, options, {
      policy: this.decoder,
      reference: this.#reference,
      microBatchTokens,
    })
    const measures = miniBatches(prepared.length, options, shuffle).map((members, index) => {
      this.#model.parameters.clearGradients()
      const trajectories = members.flatMap((member) => prepared[member] ?? [])
      const measured: MiniBatchMeasure = policyGradients(this.#trainee, trajectories, {
        ...this.#options,
        objective: options.objective,
        temperature: options.temperature,
        measureEntropy: index === 0,
      })
      return { trajectories, measured, taken: this.#step(measured.loss) }
    })
    return updateReport(measures, options)
  }

  /** Begins another stage with the present weights: fresh moments, steps from zero, other options. */
  beginStage(options: LearnerOptions): void {
    this.#optimizer[Symbol.dispose]()
    this.#optimizer = new AdamW(this.#model.parameters.all, options.optimizer)
    this.#options = options
    this.#steps = 0
  }

  /** What a checkpoint keeps. The tensors stay the learner's and change with its next step. */
  state(): LearnerState {
    const masters = this.#model.parameters.all.map(({ name, master }): [string, Tensor] => [
      `${name}.master`,
      master,
    ])
    return { steps: this.#steps, tensors: new Map([...masters, ...this.#optimizer.state()]) }
  }

  /** Takes over the numbers of a saved state; names and shapes must be its own. */
  restore(saved: LearnerState): void {
    const own = this.state().tensors
    overwrite(own, saved.tensors)
    this.#model.parameters.publish()
    this.#steps = saved.steps
  }

  [Symbol.dispose](): void {
    this.#optimizer[Symbol.dispose]()
    this.#model.dispose()
  }

  get #trainee(): Trainee {
    return this.#model
  }

  #step(loss: number): { readonly gradientNorm: number; readonly learningRate: number } {
    if (!Number.isFinite(loss)) throw new NonFiniteError('loss', loss)
    const rate = learningRate(this.#options.learningRate, this.#steps)
    const gradientNorm = optimizerStep(this.#model.parameters, this.#optimizer, {
      learningRate: rate,
      maxGradientNorm: this.#options.maxGradientNorm,
    })
    this.#steps += 1
    return { gradientNorm, learningRate: rate }
  }
}
