// The gradient of the value loss over one mini-batch, micro-batch by micro-batch.
//
// Letters: M trained tokens of a micro-batch, B its trajectories, T most trained tokens of one,
// H hidden size.

import { multiply } from '../tensor/arithmetic.ts'
import { gradients, setRequiresGrad, withGradient, withoutGradient } from '../tensor/autograd.ts'
import { linear } from '../tensor/neural.ts'
import { sum } from '../tensor/reduction.ts'
import { scope } from '../tensor/scope.ts'
import { squeeze } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { detach, item, toDtype } from '../tensor/transfer.ts'
import { aggregate, type MiniBatchTotals } from './aggregate.ts'
import { backpropagate, type Trainee } from './backpropagate.ts'
import { microBatches, packSequences, type TrainingSequence } from './batch.ts'
import { trainedTokens } from './imitation.ts'
import { tokenTable } from './token-table.ts'
import type { TrunkOptions } from './trunk.ts'
import { valueLoss } from './value-loss.ts'

/** A trajectory with what its values were and should have been; rows over all its tokens. */
export interface ValuedSequence extends TrainingSequence {
  readonly oldValues: Float32Array
  readonly returns: Float32Array
}

export interface ValueTrainee extends Trainee {
  /** [1, H] */
  readonly head: Tensor
}

export interface ValueGradientOptions extends TrunkOptions {
  readonly microBatchTokens: number
  readonly clipRange: number | null
}

export interface ValueMeasure {
  /** Mean over the mini-batch's tokens. */
  readonly loss: number
  /** Tokens whose clipped term was the one that counted. */
  readonly clipped: number
  readonly tokens: number
}

/** hidden states [M, H] -> values [M], float32. */
export function valuesOf(hidden_MH: Tensor, head_1H: Tensor): Tensor {
  return scope(() => squeeze(linear(toDtype(hidden_MH, 'float32'), toDtype(head_1H, 'float32')), 1))
}

/** Adds the mini-batch's gradient to the parameters' sums. */
export function valueGradients(
  trainee: ValueTrainee,
  sequences: readonly ValuedSequence[],
  options: ValueGradientOptions,
): ValueMeasure {
  const totals = { tokens: trainedTokens(sequences), sequences: sequences.length }
  const sum = { loss: 0, clipped: 0 }
  for (const members of microBatches(sequences, options.microBatchTokens)) {
    const part = members.flatMap((index) => sequences[index] ?? [])
    const measured = scope(() => microBatchGradients(trainee, part, totals, options))
    sum.loss += measured.loss
    sum.clipped += measured.clipped
  }
  return { ...sum, tokens: totals.tokens }
}

function microBatchGradients(
  trainee: ValueTrainee,
  part: readonly ValuedSequence[],
  totals: MiniBatchTotals,
  options: ValueGradientOptions,
): Pick<ValueMeasure, 'loss' | 'clipped'> {
  let measured = { loss: 0, clipped: 0 }
  const packed = packSequences(part)
  if (packed.targets.length === 0) return measured
  const table = tokenTable(packed.columns, trainee.head.device)
  const context = {
    totals,
    mask: table.mask,
    spread: table.spread,
    oldValues: table.pick(part.map(({ oldValues }) => oldValues)),
    returns: table.pick(part.map(({ returns }) => returns)),
    clipRange: options.clipRange,
  }
  backpropagate(trainee, packed, options, (hidden_MH) => {
    const { hidden, head, loss, clipped } = topGradients(hidden_MH, trainee.head, context)
    measured = { loss, clipped }
    trainee.parameters.addGradient(trainee.head, head)
    return hidden
  })
  return measured
}

interface TopContext {
  readonly totals: MiniBatchTotals
  readonly mask: Tensor
  readonly spread: (values_M: Tensor) => Tensor
  readonly oldValues: Tensor
  readonly returns: Tensor
  readonly clipRange: number | null
}

/** The loss and its gradients by hidden states and head. */
function topGradients(hidden_MH: Tensor, head_1H: Tensor, context: TopContext) {
  return scope(() =>
    withGradient(() => {
      const leaf_MH = detach(hidden_MH)
      setRequiresGrad(leaf_MH, true)
      const values = context.spread(valuesOf(leaf_MH, head_1H))
      const { losses, clipped } = valueLoss({ ...context, values }, context.clipRange)
      const loss = aggregate(losses, context.mask, { kind: 'tokenMean' }, context.totals)
      const [hidden, head] = gradients([loss], [leaf_MH, head_1H])
      if (!hidden || !head) throw new Error('defect: the value loss does not depend on its inputs')
      const count = withoutGradient(() => sum(multiply(toDtype(clipped, 'float32'), context.mask)))
      return { hidden, head, loss: item(loss), clipped: item(count) }
    }),
  )
}
