// The network that estimates a value for each token (PPO only): a decoder with one number on top.
//
// Letters: M trained tokens of a micro-batch.

import type { Credited } from '../advantage/advantage.ts'
import { present } from '../base/check.ts'
import type { RandomStream } from '../base/random.ts'
import type { ModelConfig } from '../model/config.ts'
import { makeDecoder } from '../model/decoder.ts'
import { arrangeWeights, type NamedWeights } from '../model/decoder-weights.ts'
import { zeros } from '../tensor/creation.ts'
import { scope, unowned } from '../tensor/scope.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { clone, readFloats, toDtype } from '../tensor/transfer.ts'
import { predictingStates } from './backpropagate.ts'
import { microBatches, packSequences, type TrainingSequence, trainingSequence } from './batch.ts'
import type { LearnerOptions } from './learner.ts'
import { ParameterSet } from './parameters.ts'
import { miniBatches, type PolicyUpdateOptions } from './policy-update.ts'
import { layOut } from './score-tokens.ts'
import type { ComputeDtype } from './trainable-model.ts'
import { type ValueTrainee, valueGradients, valuesOf } from './value-gradients.ts'
import { type WeightState, WeightUpdater } from './weight-updater.ts'

const valueHead = 'value_head.weight'

export interface CriticUpdateOptions extends Pick<PolicyUpdateOptions, 'passes' | 'miniBatchSize'> {
  /** A new value counts only within this distance of the old one; null for no limit. */
  readonly clipRange: number | null
}

export const criticUpdateDefaults: CriticUpdateOptions = {
  passes: 1,
  miniBatchSize: null,
  clipRange: 0.5,
}

/** Means over optimizer steps. */
export interface CriticReport {
  readonly loss: number
  readonly gradientNorm: number
  readonly learningRate: number
  readonly clippedFraction: number
  readonly optimizerSteps: number
}

/** Owns its weights and optimizer state. A fresh critic values everything at zero. */
export class Critic {
  readonly #trainee: ValueTrainee
  readonly #updater: WeightUpdater
  readonly #options: LearnerOptions

  /** Starts from a policy's weights, which are copied. */
  constructor(
    { config, weights }: { readonly config: ModelConfig; readonly weights: NamedWeights },
    dtype: ComputeDtype,
    options: LearnerOptions,
  ) {
    const device = weights.get('model.embed_tokens.weight')?.device ?? 'cpu'
    const masters = unowned(() => {
      const trunk = [...weights].filter(([name]) => name !== 'lm_head.weight')
      const copies = trunk.map(([name, tensor]): [string, Tensor] => [
        name,
        tensor.dtype === 'float32' ? clone(tensor) : toDtype(tensor, 'float32'),
      ])
      return new Map([...copies, [valueHead, zeros([1, config.hiddenSize], { device })]])
    })
    const parameters = new ParameterSet(masters, dtype)
    const named = parameters.compute()
    // The head over the vocabulary is not used: the embedding stands in its place.
    const trunkConfig = { ...config, tiedHead: true }
    const decoder = unowned(() => makeDecoder(trunkConfig, arrangeWeights(trunkConfig, named)))
    this.#trainee = { parameters, decoder, head: present(named.get(valueHead), valueHead) }
    this.#options = options
    this.#updater = new WeightUpdater(parameters, options)
  }

  /** Values before each trained token, rows over all tokens, zero where the mask is zero. */
  values(sequences: readonly TrainingSequence[]): Float32Array[] {
    const rows = sequences.map(({ tokens }) => new Float32Array(tokens.length))
    for (const members of microBatches(sequences, this.#options.microBatchTokens)) {
      const packed = packSequences(members.flatMap((index) => sequences[index] ?? []))
      if (packed.targets.length === 0) continue
      scope(() => {
        const values_M = valuesOf(
          predictingStates(this.#trainee.decoder, packed),
          this.#trainee.head,
        )
        const picked = members.flatMap((index) => rows[index] ?? [])
        layOut(readFloats(values_M), packed, picked)
      })
    }
    return rows
  }

  /**
   * Trains towards the returns of the credited trajectories. `oldValues` are rows as from `values`,
   * from before the first optimizer step.
   */
  fit(
    credited: readonly Credited[],
    oldValues: readonly Float32Array[],
    options: CriticUpdateOptions,
    shuffle: RandomStream,
  ): CriticReport {
    const valued = credited.map(({ trajectory, returns }, index) => ({
      ...trainingSequence(trajectory),
      oldValues: oldValues[index] ?? new Float32Array(0),
      returns: returns ?? new Float32Array(0),
    }))
    const gradientOptions = { ...this.#options, clipRange: options.clipRange }
    const steps = miniBatches(valued.length, options, shuffle).map((members) =>
      this.#updater.step(() =>
        valueGradients(
          this.#trainee,
          members.flatMap((member) => valued[member] ?? []),
          gradientOptions,
        ),
      ),
    )
    const mean = (of: (step: (typeof steps)[number]) => number) =>
      steps.reduce((sum, step) => sum + of(step), 0) / Math.max(1, steps.length)
    return {
      loss: mean(({ measured }) => measured.loss),
      gradientNorm: mean(({ taken }) => taken.gradientNorm),
      learningRate: steps.at(-1)?.taken.learningRate ?? 0,
      clippedFraction: mean(({ measured }) => measured.clipped / Math.max(1, measured.tokens)),
      optimizerSteps: steps.length,
    }
  }

  /** What a checkpoint keeps. The tensors stay the critic's and change with its next step. */
  state(): WeightState {
    return this.#updater.state()
  }

  /** Takes over the numbers of a saved state, whose names and shapes must be its own. */
  restore(saved: WeightState): void {
    this.#updater.restore(saved)
  }

  [Symbol.dispose](): void {
    this.#updater[Symbol.dispose]()
    this.#trainee.parameters[Symbol.dispose]()
    this.#trainee.decoder.inverseFrequencies.dispose()
  }
}
