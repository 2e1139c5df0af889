// One micro-batch forwards and backwards through a decoder; what stands on top of it is the caller's.
//
// Letters: T packed tokens, M trained tokens, H hidden size.

import type { Decoder } from '../model/decoder.ts'
import { withoutGradient } from '../tensor/autograd.ts'
import { zeros } from '../tensor/creation.ts'
import { operatorInPlace } from '../tensor/operator.ts'
import { scope } from '../tensor/scope.ts'
import { indexSelect } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { integers, toDevice } from '../tensor/transfer.ts'
import type { PackedBatch } from './batch.ts'
import type { ParameterSet } from './parameters.ts'
import { recordTrunk, type TrunkOptions, trunkForward } from './trunk.ts'

const indexAddInPlace = operatorInPlace('aten::index_add_')

/** A decoder in training. */
export interface Trainee {
  readonly decoder: Decoder
  readonly parameters: ParameterSet
}

/**
 * Runs the packed batch, hands the hidden states that predict a trained token, [M, H], to `top`, and
 * passes the gradient by them that `top` returns, [M, H], back into the parameters' sums.
 */
export function backpropagate(
  { decoder, parameters }: Trainee,
  packed: PackedBatch,
  options: TrunkOptions,
  top: (hidden_MH: Tensor) => Tensor,
): void {
  scope(() => {
    const places_M = toDevice(integers(packed.places), decoder.weights.embedding.device)
    const recorded = recordTrunk(decoder, packed, parameters, options)
    const { shape, dtype, device } = recorded.hidden
    const gradient_TH = scope(() =>
      withoutGradient(() => {
        const gradient_MH = top(indexSelect(recorded.hidden, 0, places_M))
        const all_TH = zeros(shape, { dtype, device })
        // Added, not copied: a place that sequences share has a gradient from each.
        indexAddInPlace(all_TH, 0, places_M, gradient_MH)
        return all_TH
      }),
    )
    recorded.backward(gradient_TH)
  })
}

/** The hidden states that predict a trained token, [M, H]; nothing is recorded. */
export function predictingStates(decoder: Decoder, packed: PackedBatch): Tensor {
  return scope(() => {
    const places_M = toDevice(integers(packed.places), decoder.weights.embedding.device)
    return withoutGradient(() => indexSelect(trunkForward(decoder, packed), 0, places_M))
  })
}
