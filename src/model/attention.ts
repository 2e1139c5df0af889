// How tokens of a packed forward look at one another. The decoder does not know: it hands over
// queries, keys and values and takes back what was seen.
//
// Letters: T tokens (packed), L tokens of one sequence, N heads, K key/value heads, D head size.

import { attention } from '../tensor/neural.ts'
import { concatenate, expand, narrow, permute, reshape, unsqueeze, view } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { type RopeAngles, rotate } from './rope.ts'

/** What a layer computed of its tokens, before the rotary embedding. */
export interface Heads {
  readonly query_TND: Tensor
  readonly key_TKD: Tensor
  readonly value_TKD: Tensor
}

/** The heads of a layer's tokens and their angles -> what each token saw, [T, N, D]. */
export type Attend = (layer: number, heads: Heads, angles: RopeAngles) => Tensor

/** [L, K, D] -> [1, N, L, D]: every group of N / K query heads shares a key head. */
function spread(heads_LKD: Tensor, heads: number): Tensor {
  const [length, kvHeads, size] = heads_LKD.shape as [number, number, number]
  const heads_1KLD = unsqueeze(permute(heads_LKD, [1, 0, 2]), 0)
  if (kvHeads === heads) return heads_1KLD
  const group = heads / kvHeads
  const spread_KGLD = expand(unsqueeze(heads_1KLD, 2), [1, kvHeads, group, length, size])
  return reshape(spread_KGLD, [1, heads, length, size])
}

/**
 * Attention of one sequence: query [L, N, D] onto key and value [M, K, D]. Without a mask causal,
 * L = M; else the mask, bool [L, M], says who may look where.
 */
export function causalAttention(
  query_LND: Tensor,
  key_MKD: Tensor,
  value_MKD: Tensor,
  mask_LM?: Tensor,
): Tensor {
  const [length, heads, size] = query_LND.shape as [number, number, number]
  const query_1NLD = unsqueeze(permute(query_LND, [1, 0, 2]), 0)
  const seen_1NLD = attention(
    query_1NLD,
    spread(key_MKD, heads),
    spread(value_MKD, heads),
    mask_LM ? { mask: mask_LM } : { causal: true },
  )
  return permute(view(seen_1NLD, [heads, length, size]), [1, 0, 2])
}

/**
 * Attention for sequences laid end to end without padding: each token sees itself and what came
 * before it in its own sequence. `lengths` sum to T. No cache; gradients flow.
 */
export function packedAttention(lengths: readonly number[]): Attend {
  return (_layer, heads, angles) => {
    const query_TND = rotate(heads.query_TND, angles)
    const key_TKD = rotate(heads.key_TKD, angles)
    const { value_TKD } = heads
    if (lengths.length === 1) return causalAttention(query_TND, key_TKD, value_TKD)
    let start = 0
    const seen = lengths.map((length) => {
      const part = (tensor: Tensor) => narrow(tensor, 0, start, length)
      const result_LND = causalAttention(part(query_TND), part(key_TKD), part(value_TKD))
      start += length
      return result_LND
    })
    return concatenate(seen, 0)
  }
}
