// Parameters with their optimizer, schedule and limits: what the learner and the critic have in common.

import type { Tensor } from '../tensor/tensor.ts'
import { AdamW, type AdamWOptions, adamWDefaults } from './adam-w.ts'
import { type LearningRateSchedule, learningRate } from './learning-rate.ts'
import { NonFiniteError, optimizerStep } from './optimizer-step.ts'
import { overwrite, type ParameterSet } from './parameters.ts'

export interface WeightUpdateOptions {
  readonly learningRate: LearningRateSchedule
  readonly optimizer: AdamWOptions
  /** Longest gradient; null for no limit. */
  readonly maxGradientNorm: number | null
}

export const weightUpdateDefaults: WeightUpdateOptions = {
  learningRate: { peak: 1e-6, warmUpSteps: 0, decay: { kind: 'constant' } },
  optimizer: adamWDefaults,
  maxGradientNorm: 1,
}

/** What a checkpoint keeps. */
export interface WeightState {
  /** Optimizer steps taken. */
  readonly steps: number
  /** Float32 masters and moments by name; they stay their owner's. */
  readonly tensors: ReadonlyMap<string, Tensor>
}

export interface StepMeasure {
  /** Of the gradient, before clipping. */
  readonly gradientNorm: number
  readonly learningRate: number
}

/** Owns the optimizer's state; the parameters belong to whoever made them. */
export class WeightUpdater {
  readonly #parameters: ParameterSet
  readonly #optimizer: AdamW
  readonly #options: WeightUpdateOptions
  #steps = 0

  constructor(parameters: ParameterSet, options: WeightUpdateOptions) {
    this.#parameters = parameters
    this.#options = options
    this.#optimizer = new AdamW(parameters.all, options.optimizer)
  }

  get steps(): number {
    return this.#steps
  }

  /**
   * One optimizer step with the gradients that `addGradients` sums up, after checking its loss and
   * their length. Throws NonFiniteError before weights or moments are touched.
   */
  step<Measured extends { readonly loss: number }>(
    addGradients: () => Measured,
  ): { readonly measured: Measured; readonly taken: StepMeasure } {
    this.#parameters.clearGradients()
    const measured = addGradients()
    if (!Number.isFinite(measured.loss)) throw new NonFiniteError('loss', measured.loss)
    const rate = learningRate(this.#options.learningRate, this.#steps)
    const gradientNorm = optimizerStep(this.#parameters, this.#optimizer, {
      learningRate: rate,
      maxGradientNorm: this.#options.maxGradientNorm,
    })
    this.#steps += 1
    return { measured, taken: { gradientNorm, learningRate: rate } }
  }

  state(): WeightState {
    const masters = this.#parameters.all.map(({ name, master }): [string, Tensor] => [
      `${name}.master`,
      master,
    ])
    return { steps: this.#steps, tensors: new Map([...masters, ...this.#optimizer.state()]) }
  }

  /** Takes over the numbers of a saved state, whose names and shapes must be its own. */
  restore(saved: WeightState): void {
    overwrite(this.state().tensors, saved.tensors)
    this.#parameters.publish()
    this.#steps = saved.steps
  }

  [Symbol.dispose](): void {
    this.#optimizer[Symbol.dispose]()
  }
}
