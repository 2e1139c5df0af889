// From summed gradients to new weights: check, clip, step, publish.

import type { AdamW } from './adam-w.ts'
import type { ParameterSet } from './parameters.ts'

/** Thrown before any weight is touched; a run saves its batch and stops. */
export class NonFiniteError extends Error {
  override readonly name = 'NonFiniteError'
  constructor(
    readonly quantity: 'loss' | 'gradient norm',
    readonly value: number,
  ) {
    super(`${quantity} is ${value}; the weights were left as they were before this optimizer step`)
  }
}

export interface OptimizerStepOptions {
  readonly learningRate: number
  /** Longest gradient; longer ones are scaled down to it; null for no limit. */
  readonly maxGradientNorm: number | null
}

/**
 * One optimizer step; returns the length of the gradient before clipping. Clipping scales by
 * max / (norm + 1e-6), as PyTorch does. Throws NonFiniteError, with weights and moments untouched.
 */
export function optimizerStep(
  parameters: ParameterSet,
  optimizer: AdamW,
  { learningRate, maxGradientNorm }: OptimizerStepOptions,
): number {
  const norm = parameters.gradientNorm()
  if (!Number.isFinite(norm)) throw new NonFiniteError('gradient norm', norm)
  if (maxGradientNorm !== null && norm > maxGradientNorm) {
    parameters.scaleGradients(maxGradientNorm / (norm + 1e-6))
  }
  optimizer.step(learningRate)
  parameters.publish()
  return norm
}
