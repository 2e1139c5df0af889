// Cold start: supervised steps on demonstrations, the tools' output masked like everywhere.

import { UserError } from '../base/errors.ts'
import { RandomStream } from '../base/random.ts'
import type { RunFolder } from '../run/folder.ts'
import type { Tokenizer } from '../tokenizer/tokenizer.ts'
import type { TrainingSequence } from '../update/batch.ts'
import type { ImitationReport } from '../update/imitation.ts'
import type { Learner } from '../update/learner.ts'
import { NonFiniteError } from '../update/optimizer-step.ts'
import { saveDemonstrations } from './save-demonstrations.ts'

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

export interface ImitationPlace {
  readonly run: RunFolder
  readonly tokenizer: Tokenizer
  /** Steps that a checkpoint has behind it. */
  readonly from: number
}

/**
 * Takes the plan's steps, every epoch in an order of its own; yields after each. Throws UserError
 * for a loss or gradient that is no number, before a weight is touched and with the batch saved.
 */
export function* imitate(
  learner: Learner,
  demonstrations: readonly TrainingSequence[],
  plan: ImitationPlan,
  { run, tokenizer, from }: ImitationPlace,
): Generator<ImitationStep, void, undefined> {
  const stepsPerEpoch = Math.ceil(demonstrations.length / plan.miniBatchSize)
  for (let step = from; step < plan.epochs * stepsPerEpoch; step++) {
    const epoch = Math.floor(step / stepsPerEpoch)
    const order = RandomStream.named(plan.seed, `imitation/epoch-${epoch}`).shuffled(demonstrations)
    const start = (step % stepsPerEpoch) * plan.miniBatchSize
    const batch = order.slice(start, start + plan.miniBatchSize)
    yield { step: step + 1, ...taken(learner, batch, step + 1, { run, tokenizer }) }
  }
}

function taken(
  learner: Learner,
  batch: readonly TrainingSequence[],
  step: number,
  { run, tokenizer }: Pick<ImitationPlace, 'run' | 'tokenizer'>,
): ImitationReport {
  try {
    return learner.imitate(batch)
  } catch (error) {
    if (!(error instanceof NonFiniteError)) throw error
    const path = saveDemonstrations(run, tokenizer, step, batch)
    const message = `step ${step}: ${error.message}; its demonstrations are in ${path}`
    run.recordWarning(step, { name: 'non-finite', message })
    throw new UserError(
      `${message}. Lower the learning rate, or look for a demonstration that is odd`,
    )
  }
}
