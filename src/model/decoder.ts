// The decoder: one arithmetic for Llama, Qwen2 and Qwen3; what differs between them is in the
// configuration. Sequences come packed, end to end without padding; how tokens look at one another
// is the caller's choice (attention.ts, or the cache of generate/).
//
// Letters: T tokens, H hidden size, N heads, K key/value heads, D head size, V vocabulary.

import { add, multiply } from '../tensor/arithmetic.ts'
import {
  addRmsNorm,
  embedding,
  gatedSilu,
  linear,
  linearPacked,
  rmsNorm,
} from '../tensor/neural.ts'
import { scope } from '../tensor/scope.ts'
import { reshape, view } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import type { Attend } from './attention.ts'
import type { ModelConfig } from './config.ts'
import type { DecoderWeights, LayerWeights, Projection } from './decoder-weights.ts'
import { inverseFrequencies, type RopeAngles, ropeAngles } from './rope.ts'

/** A decoder ready to run; whoever made it owns the tensors. */
export interface Decoder {
  readonly config: ModelConfig
  readonly weights: DecoderWeights
  /** [D / 2], float32. */
  readonly inverseFrequencies: Tensor
}

export function makeDecoder(config: ModelConfig, weights: DecoderWeights): Decoder {
  const device = weights.embedding.device
  return { config, weights, inverseFrequencies: inverseFrequencies(config, device) }
}

/** What all layers of one forward share. */
export interface LayerInput {
  readonly config: ModelConfig
  readonly angles: RopeAngles
  readonly attend: Attend
}

/**
 * Hidden states after the last norm, [T, H], of tokens `ids_T` at `positions_T` (int64 both).
 * Logits are a separate step because most callers need them at a few tokens only.
 */
export function hiddenStates(
  decoder: Decoder,
  ids_T: Tensor,
  positions_T: Tensor,
  attend: Attend,
): Tensor {
  const { config, weights } = decoder
  return scope(() => {
    const start_TH = embedding(weights.embedding, ids_T)
    const angles = decoderAngles(decoder, positions_T)
    let hidden_TH = start_TH
    weights.layers.forEach((layer, index) => {
      hidden_TH = decoderLayer(layer, index, hidden_TH, { config, angles, attend })
    })
    return rmsNorm(hidden_TH, weights.norm, config.normEpsilon)
  })
}

/** The rotary angles of a forward, in the dtype of the weights. */
export function decoderAngles(decoder: Decoder, positions_T: Tensor): RopeAngles {
  const { config, weights } = decoder
  return ropeAngles(decoder.inverseFrequencies, positions_T, config, weights.embedding.dtype)
}

/** hidden states [t, H] -> logits [t, V], in the dtype of the weights. */
export function logits(decoder: Decoder, hidden_TH: Tensor): Tensor {
  return project(hidden_TH, decoder.weights.head)
}

/** One layer: x + attention(norm(x)), then + mlp(norm(...)). */
export function decoderLayer(
  layer: LayerWeights,
  index: number,
  hidden_TH: Tensor,
  input: LayerInput,
): Tensor {
  return scope(() => {
    const epsilon = input.config.normEpsilon
    const normed_TH = rmsNorm(hidden_TH, layer.inputNorm, epsilon)
    const seen_TH = selfAttention(layer, index, normed_TH, input)
    const { sum, normed } = addRmsNorm(hidden_TH, seen_TH, layer.mlpNorm, epsilon)
    return add(sum, mlp(layer, normed))
  })
}

function selfAttention(
  layer: LayerWeights,
  index: number,
  input_TH: Tensor,
  { config, angles, attend }: LayerInput,
): Tensor {
  const { heads, kvHeads, headSize, normEpsilon } = config
  const split = (tensor: Tensor, count: number) => view(tensor, [-1, count, headSize])
  const normed = (tensor: Tensor, norm: Tensor | null) =>
    norm ? rmsNorm(tensor, norm, normEpsilon) : tensor
  const maps = [layer.query, layer.key, layer.value]
  const [query, key, value] = projectAll(input_TH, maps) as [Tensor, Tensor, Tensor]
  const query_TND = normed(split(query, heads), layer.queryNorm)
  const key_TKD = normed(split(key, kvHeads), layer.keyNorm)
  const value_TKD = split(value, kvHeads)
  const seen_TND = attend(index, { query_TND, key_TKD, value_TKD }, angles)
  return project(reshape(seen_TND, [-1, heads * headSize]), layer.output)
}

function mlp(layer: LayerWeights, input_TH: Tensor): Tensor {
  const [gate, up] = projectAll(input_TH, [layer.gate, layer.up]) as [Tensor, Tensor]
  return project(gatedSilu(gate, up), layer.down)
}

/** x W^T + b, and the low-rank addition where there is one. */
export function project(input: Tensor, projection: Projection): Tensor {
  const [output] = projectAll(input, [projection]) as [Tensor]
  return output
}

/** One input by several maps: in one call where all are packed. */
function projectAll(input: Tensor, projections: readonly Projection[]): Tensor[] {
  const maps = projections.flatMap(({ packed, bias, weight }) =>
    packed ? [{ packed, bias, outputs: weight.dimension(0) }] : [],
  )
  const outputs =
    maps.length === projections.length
      ? linearPacked(input, maps)
      : projections.map(({ weight, bias }) => linear(input, weight, bias))
  return projections.map(({ adapter }, index) => {
    const output = outputs[index] as Tensor
    if (!adapter) return output
    const low = linear(linear(input, adapter.a), adapter.b)
    return add(output, multiply(low, adapter.scale))
  })
}
