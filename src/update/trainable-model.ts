// A decoder whose weights are in training, all of them or adapters beside frozen ones.

import { type Adapter, withAdapters } from '../model/adapter.ts'
import type { ModelConfig } from '../model/config.ts'
import { type Decoder, makeDecoder } from '../model/decoder.ts'
import { arrangeWeights, type NamedWeights } from '../model/decoder-weights.ts'
import { withoutGradient } from '../tensor/autograd.ts'
import { unowned } from '../tensor/scope.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { clone, toDtype } from '../tensor/transfer.ts'
import { ParameterSet } from './parameters.ts'

/** What forwards compute in; masters are float32 always. */
export type ComputeDtype = 'float32' | 'bfloat16'

/** Owns its tensors; `decoder` reads the compute copies, which stay the same tensors for life. */
export interface TrainableModel {
  readonly decoder: Decoder
  readonly parameters: ParameterSet
  /**
   * The decoder without adapters, which is the reference policy for free; null in full training,
   * where a reference is a copy made beforehand.
   */
  readonly base: Decoder | null
  readonly dispose: () => void
}

/** Trains all of `weights` (any float dtype); they stay the caller's. */
export function fullyTrainable(
  config: ModelConfig,
  weights: NamedWeights,
  dtype: ComputeDtype,
): TrainableModel {
  return unowned(() => {
    const parameters = new ParameterSet(converted(weights, 'float32'), dtype)
    const decoder = makeDecoder(config, arrangeWeights(config, parameters.compute()))
    const dispose = () => {
      parameters[Symbol.dispose]()
      decoder.inverseFrequencies.dispose()
    }
    return { decoder, parameters, base: null, dispose }
  })
}

/** Trains a copy of `adapter` beside frozen copies of `weights`; the given stay the caller's. */
export function adapterTrainable(
  config: ModelConfig,
  weights: NamedWeights,
  adapter: Adapter,
  dtype: ComputeDtype,
): TrainableModel {
  return unowned(() => {
    const frozen = converted(weights, dtype)
    const parameters = new ParameterSet(converted(adapter.weights, 'float32'), dtype)
    const arranged = arrangeWeights(config, frozen)
    const base = makeDecoder(config, arranged)
    const adapted = withAdapters(arranged, { ...adapter, weights: parameters.compute() })
    const dispose = () => {
      parameters[Symbol.dispose]()
      for (const tensor of frozen.values()) tensor.dispose()
      base.inverseFrequencies.dispose()
    }
    return { decoder: { ...base, weights: adapted }, parameters, base, dispose }
  })
}

/** A frozen copy of a decoder's present weights, such as a reference policy; its maker disposes it. */
export function frozenCopy(
  config: ModelConfig,
  weights: NamedWeights,
  dtype: ComputeDtype,
): { readonly decoder: Decoder; readonly dispose: () => void } {
  return unowned(() => {
    const frozen = converted(weights, dtype)
    const decoder = makeDecoder(config, arrangeWeights(config, frozen))
    const dispose = () => {
      for (const tensor of frozen.values()) tensor.dispose()
      decoder.inverseFrequencies.dispose()
    }
    return { decoder, dispose }
  })
}

/** Copies, also where the dtype is right already: nobody else may change them. */
function converted(weights: ReadonlyMap<string, Tensor>, dtype: ComputeDtype): Map<string, Tensor> {
  return withoutGradient(
    () =>
      new Map(
        [...weights].map(([name, tensor]) => [
          name,
          tensor.dtype === dtype ? clone(tensor) : toDtype(tensor, dtype),
        ]),
      ),
  )
}
