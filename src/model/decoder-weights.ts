// A decoder's weights by layer, out of the flat list of names that files use.

import type { Tensor } from '../tensor/tensor.ts'
import type { ModelConfig } from './config.ts'

/** A linear map: weight [out, in] and bias [out]. */
export interface Projection {
  readonly weight: Tensor
  readonly bias: Tensor | null
  /** A low-rank addition: x a^T b^T scale, with a [rank, in] and b [out, rank]. */
  readonly adapter?: { readonly a: Tensor; readonly b: Tensor; readonly scale: number }
  /** A copy of the weight as `linearPacked` reads it, where only inference computes with it. */
  readonly packed?: Tensor
}

export interface LayerWeights {
  readonly inputNorm: Tensor
  readonly query: Projection
  readonly key: Projection
  readonly value: Projection
  /** Norms of each head's queries and keys (Qwen3), else null. */
  readonly queryNorm: Tensor | null
  readonly keyNorm: Tensor | null
  readonly output: Projection
  readonly mlpNorm: Tensor
  readonly gate: Projection
  readonly up: Projection
  readonly down: Projection
}

export interface DecoderWeights {
  /** [vocabulary, hidden] */
  readonly embedding: Tensor
  readonly layers: readonly LayerWeights[]
  readonly norm: Tensor
  /** Weight [vocabulary, hidden]: the embedding itself where the head is tied. */
  readonly head: Projection
}

/** Weights under their Hugging Face names, such as `model.layers.0.self_attn.q_proj.weight`. */
export type NamedWeights = ReadonlyMap<string, Tensor>

/** The same tensors, arranged; names and shapes have been checked when they were loaded. */
export function arrangeWeights(config: ModelConfig, named: NamedWeights): DecoderWeights {
  const find = (name: string): Tensor => {
    const tensor = named.get(name)
    if (!tensor) throw new Error(`defect: the weight ${name} is missing`)
    return tensor
  }
  const projection = (name: string): Projection => ({
    weight: find(`${name}.weight`),
    bias: named.get(`${name}.bias`) ?? null,
  })
  const layer = (index: number): LayerWeights => {
    const prefix = `model.layers.${index}`
    return {
      inputNorm: find(`${prefix}.input_layernorm.weight`),
      query: projection(`${prefix}.self_attn.q_proj`),
      key: projection(`${prefix}.self_attn.k_proj`),
      value: projection(`${prefix}.self_attn.v_proj`),
      queryNorm: config.queryKeyNorm ? find(`${prefix}.self_attn.q_norm.weight`) : null,
      keyNorm: config.queryKeyNorm ? find(`${prefix}.self_attn.k_norm.weight`) : null,
      output: projection(`${prefix}.self_attn.o_proj`),
      mlpNorm: find(`${prefix}.post_attention_layernorm.weight`),
      gate: projection(`${prefix}.mlp.gate_proj`),
      up: projection(`${prefix}.mlp.up_proj`),
      down: projection(`${prefix}.mlp.down_proj`),
    }
  }
  const embedding = find('model.embed_tokens.weight')
  return {
    embedding,
    layers: Array.from({ length: config.layers }, (_, index) => layer(index)),
    norm: find('model.norm.weight'),
    head: { weight: config.tiedHead ? embedding : find('lm_head.weight'), bias: null },
  }
}
