// Cold start: supervised steps on demonstrations, the tools' output masked like everywhere.

import { RandomStream } from '../base/random.ts'
import type { TrainingSequence } from '../update/batch.ts'
import type { Learner } from '../update/learner.ts'

export interface ImitationPlan {
  readonly epochs: number
  /** Demonstrations behind one optimizer step. */
  readonly miniBatchSize: number
  readonly seed: number
}

export interface ImitationStep {
  /** Of all epochs, from 1. */
  readonly step: number
  readonly loss: number
  readonly gradientNorm: number
  readonly learningRate: number
  /** Trained tokens of the step. */
  readonly tokens: number
}

/** Optimizer steps that a plan takes. */
export function imitationStepCount(
  demonstrations: number,
  plan: Omit<ImitationPlan, 'seed'>,
): number {
  return plan.epochs * Math.ceil(demonstrations / plan.miniBatchSize)
}

/**
 * Takes the plan's steps, every epoch in an order of its own; yields after each. `from` skips
 * steps that a checkpoint has behind it.
 */
export function* imitate(
  learner: Learner,
  demonstrations: readonly TrainingSequence[],
  plan: ImitationPlan,
  from = 0,
): Generator<ImitationStep, void, undefined> {
  const stepsPerEpoch = Math.ceil(demonstrations.length / plan.miniBatchSize)
  for (let step = from; step < plan.epochs * stepsPerEpoch; step++) {
    const epoch = Math.floor(step / stepsPerEpoch)
    const order = RandomStream.named(plan.seed, `imitation/epoch-${epoch}`).shuffled(demonstrations)
    const start = (step % stepsPerEpoch) * plan.miniBatchSize
    const report = learner.imitate(order.slice(start, start + plan.miniBatchSize))
    yield { step: step + 1, ...report }
  }
}
