// Imitation: the loss of supervised fine-tuning on demonstrations.

import type { Decoder } from '../model/decoder.ts'
import { full } from '../tensor/creation.ts'
import { sum } from '../tensor/reduction.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { integers, item, toDevice } from '../tensor/transfer.ts'
import { backpropagate, type Trainee } from './backpropagate.ts'
import { microBatches, packSequences, type TrainingSequence } from './batch.ts'
import { chosenLogprobs, headBackward } from './chosen-logprobs.ts'
import { scoreTokens } from './score-tokens.ts'
import type { TrunkOptions } from './trunk.ts'
import type { StepMeasure } from './weight-updater.ts'

export interface ImitationOptions extends TrunkOptions {
  readonly microBatchTokens: number
}

/** What one optimizer step of imitation measured. */
export interface ImitationReport extends StepMeasure {
  /** Mean of -log-prob over the trained tokens, before the step. */
  readonly loss: number
  readonly tokens: number
}

/**
 * Adds the gradient of the imitation loss, the mean of -log-prob over all masked tokens of the
 * mini-batch, to the parameters' sums; returns the loss and the number of tokens.
 */
export function imitationGradients(
  trainee: Trainee,
  sequences: readonly TrainingSequence[],
  options: ImitationOptions,
): { readonly loss: number; readonly tokens: number } {
  const { decoder, parameters } = trainee
  const head = decoder.weights.head.weight
  const total = trainedTokens(sequences)
  let loss = 0
  for (const members of microBatches(sequences, options.microBatchTokens)) {
    const packed = packSequences(members.flatMap((index) => sequences[index] ?? []))
    if (packed.targets.length === 0) continue
    backpropagate(trainee, packed, options, (hidden_MH) => {
      const targets = toDevice(integers(packed.targets), head.device)
      const input = { hidden: hidden_MH, head, targets, temperature: 1 }
      const found = chosenLogprobs(input, { withEntropy: false, keep: true })
      loss -= item(sum(found.logprobs)) / total
      const logprobs = meanSlope(packed.targets.length, total, head)
      const addHeadGradient = (gradient_VH: Tensor) => parameters.addGradient(head, gradient_VH)
      return headBackward(input, { logprobs, entropy: null }, addHeadGradient, found.kept)
    })
  }
  return { loss, tokens: total }
}

function meanSlope(tokens: number, total: number, { device }: Tensor): Tensor {
  return full([tokens], -1 / total, { device })
}

/** The imitation loss without gradient: for evaluation. */
export function imitationLoss(
  decoder: Decoder,
  sequences: readonly TrainingSequence[],
  microBatchTokens: number,
): number {
  const options = { temperature: 1, microBatchTokens, withEntropy: false }
  const { logprobs } = scoreTokens(decoder, sequences, options)
  const sumOf = (row: Float32Array) => row.reduce((sum, value) => sum + value, 0)
  return -logprobs.reduce((sum, row) => sum + sumOf(row), 0) / trainedTokens(sequences)
}

/** Masked tokens that have a token before them. */
export function trainedTokens(sequences: readonly TrainingSequence[]): number {
  return sequences.reduce((sum, { mask }) => {
    let count = 0
    for (let token = 1; token < mask.length; token++) count += mask[token] ? 1 : 0
    return sum + count
  }, 0)
}
