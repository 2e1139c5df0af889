// The decoder's layers, forwards and backwards, over packed sequences: everything between the
// embedding and the head. Gradients go straight into the parameters' float32 sums.
//
// Letters: T packed tokens, H hidden size.

import { branchAttention } from '../model/attention.ts'
import { type Decoder, decoderAngles, decoderLayer, type LayerInput } from '../model/decoder.ts'
import type { LayerWeights } from '../model/decoder-weights.ts'
import { gradients, setRequiresGrad, withGradient, withoutGradient } from '../tensor/autograd.ts'
import { dtypeBytes } from '../tensor/dtype.ts'
import { embedding, rmsNorm } from '../tensor/neural.ts'
import { operatorInPlace } from '../tensor/operator.ts'
import { scope } from '../tensor/scope.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { detach, integers, toDevice, toDtype } from '../tensor/transfer.ts'
import type { PackedBatch } from './batch.ts'
import type { ParameterSet } from './parameters.ts'
import { type Recomputation, recomputedLayers } from './recomputed-layers.ts'

const indexAddInPlace = operatorInPlace('aten::index_add_')

/** What the trunk reads of a packed batch. */
export type PackedTokens = Pick<PackedBatch, 'branches' | 'ids' | 'positions'>

/** The last norm's output, [T, H], without gradient. */
export function trunkForward(decoder: Decoder, packed: PackedTokens): Tensor {
  return scope(() =>
    withoutGradient(() => {
      const { input, ids_T } = layerInput(decoder, packed)
      let hidden_TH = embedding(decoder.weights.embedding, ids_T)
      decoder.weights.layers.forEach((layer, index) => {
        const next_TH = decoderLayer(layer, index, hidden_TH, input)
        hidden_TH.dispose()
        hidden_TH = next_TH
      })
      return rmsNorm(hidden_TH, decoder.weights.norm, decoder.config.normEpsilon)
    }),
  )
}

/** What `trunkBackward` needs of a recorded forward; disposed with the scope it was made in. */
export interface RecordedTrunk {
  /** [T, H], the last norm's output, detached. */
  readonly hidden: Tensor
  readonly backward: (gradient_TH: Tensor) => void
}

export interface TrunkOptions {
  /** Keep only the inputs of some layers, or of all, and compute these once more on the way back. */
  readonly checkpointActivations: Recomputation
}

/** A forward that can be gone back through once. Must be called inside a scope that outlives both. */
export function recordTrunk(
  decoder: Decoder,
  packed: PackedTokens,
  parameters: ParameterSet,
  { checkpointActivations }: TrunkOptions,
): RecordedTrunk {
  const { input, ids_T } = layerInput(decoder, packed)
  const { layers, norm, embedding: table } = decoder.weights
  const steps: ((hidden_TH: Tensor) => Tensor)[] = layers.map(
    (layer, index) => (hidden_TH) => decoderLayer(layer, index, hidden_TH, input),
  )
  const finish = (hidden_TH: Tensor) => rmsNorm(hidden_TH, norm, decoder.config.normEpsilon)
  const weights = layers.map((layer) => trainable(layer, parameters))
  const normWeights = parameters.find(norm) ? [norm] : []
  const start_TH = withoutGradient(() => embedding(table, ids_T))
  const size = { tokens: packed.ids.length, numberBytes: dtypeBytes(table.dtype) }
  const first = recomputedLayers(decoder.config, size, checkpointActivations)
  // The last layers are kept: they give their memory back before the first are computed again.
  const recomputed = checkpointed(
    steps.slice(0, first).map((run, index) => ({ run, weights: weights[index] ?? [] })),
    start_TH,
    parameters,
  )
  const kept = whole(
    {
      run: (hidden_TH) =>
        finish(steps.slice(first).reduce((hidden, step) => step(hidden), hidden_TH)),
      weights: [...weights.slice(first).flat(), ...normWeights],
    },
    recomputed.hidden,
    parameters,
  )
  return {
    hidden: kept.hidden,
    backward: (gradient_TH) =>
      scope(() => {
        const start = recomputed.backward(kept.backward(gradient_TH))
        addEmbeddingGradient(start, ids_T, table, parameters)
      }),
  }
}

/** A part of the trunk that is recorded as one, with its trainable tensors. */
interface Stretch {
  readonly run: (hidden_TH: Tensor) => Tensor
  readonly weights: readonly Tensor[]
}

interface Recorded {
  readonly hidden: Tensor
  /** From the gradient of the end to the gradient of the start. */
  readonly backward: (gradient_TH: Tensor) => Tensor
}

/** Recorded as it runs: fastest, most memory. */
function whole({ run, weights }: Stretch, start_TH: Tensor, parameters: ParameterSet): Recorded {
  const leaf_TH = leaf(start_TH)
  const end_TH = scope(() => withGradient(() => run(leaf_TH)))
  return {
    hidden: detach(end_TH),
    backward: (gradient_TH) => passBack(end_TH, leaf_TH, weights, { gradient_TH, parameters }),
  }
}

/** Only the stretches' inputs are kept. */
function checkpointed(
  stretches: readonly Stretch[],
  start_TH: Tensor,
  parameters: ParameterSet,
): Recorded {
  const inputs: Tensor[] = []
  let hidden_TH = start_TH
  for (const { run } of stretches) {
    inputs.push(hidden_TH)
    const input_TH = hidden_TH
    hidden_TH = withoutGradient(() => run(input_TH))
  }
  return {
    hidden: hidden_TH,
    backward: (gradient_TH) =>
      stretches.reduceRight((gradient, { run, weights }, index) => {
        const input_TH = inputs[index] ?? start_TH
        return scope(() => {
          const leaf_TH = leaf(input_TH)
          const end_TH = withGradient(() => run(leaf_TH))
          return passBack(end_TH, leaf_TH, weights, { gradient_TH: gradient, parameters })
        })
      }, gradient_TH),
  }
}

function passBack(
  end_TH: Tensor,
  leaf_TH: Tensor,
  weights: readonly Tensor[],
  { gradient_TH, parameters }: { gradient_TH: Tensor; parameters: ParameterSet },
): Tensor {
  return scope(() => {
    const [start_TH, ...found] = gradients([end_TH], [leaf_TH, ...weights], {
      given: [gradient_TH],
    })
    if (!start_TH) throw new Error('defect: the trunk does not depend on its input')
    weights.forEach((weight, index) => {
      parameters.addGradient(weight, found[index] ?? null)
      found[index]?.dispose()
    })
    return start_TH
  })
}

/** A tensor of the same memory that gradients are asked for. */
function leaf(tensor: Tensor): Tensor {
  const result = detach(tensor)
  setRequiresGrad(result, true)
  return result
}

function addEmbeddingGradient(
  gradient_TH: Tensor,
  ids_T: Tensor,
  table: Tensor,
  parameters: ParameterSet,
): void {
  const parameter = parameters.find(table)
  if (!parameter) return
  withoutGradient(() =>
    indexAddInPlace(parameter.gradient, 0, ids_T, toDtype(gradient_TH, 'float32')),
  )
}

function layerInput(decoder: Decoder, { branches, ids, positions }: PackedTokens) {
  const table = decoder.weights.embedding
  const place = (values: readonly number[]) => toDevice(integers(values), table.device)
  const { angles, attend } = withoutGradient(() => ({
    angles: decoderAngles(decoder, place(positions)),
    attend: branchAttention(branches, table, decoder.config.headSize),
  }))
  const input: LayerInput = { config: decoder.config, angles, attend }
  return { input, ids_T: place(ids) }
}

/** The tensors of a layer that are in training, adapters included. */
function trainable(layer: LayerWeights, parameters: ParameterSet): Tensor[] {
  const norms = [layer.inputNorm, layer.queryNorm, layer.keyNorm, layer.mlpNorm]
  const { query, key, value, output, gate, up, down } = layer
  const projections = [query, key, value, output, gate, up, down].flatMap((projection) => [
    projection.weight,
    projection.bias,
    projection.adapter?.a ?? null,
    projection.adapter?.b ?? null,
  ])
  return [...norms, ...projections].flatMap((tensor) =>
    tensor && parameters.find(tensor) ? [tensor] : [],
  )
}
