// How tokens of a packed forward look at one another. The decoder does not know: it hands over
// queries, keys and values and takes back what was seen.
//
// Letters: T tokens (packed), L tokens of one sequence, N heads, K key/value heads, D head size.

import { attention } from '../tensor/neural.ts'
import { concatenate, expand, narrow, permute, reshape, unsqueeze } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'

/** query [T, N, D], key and value [T, K, D] of a layer -> what each token saw, [T, N, D]. */
export type Attend = (layer: number, query: Tensor, key: Tensor, value: Tensor) => Tensor

/** [L, K, D] -> [1, N, L, D]: every group of N / K query heads shares a key head. */
function spread(heads_LKD: Tensor, heads: number): Tensor {
  const [length, kvHeads, size] = heads_LKD.shape as [number, number, number]
  const heads_1KLD = unsqueeze(permute(heads_LKD, [1, 0, 2]), 0)
  if (kvHeads === heads) return heads_1KLD
  const group = heads / kvHeads
  const spread_KGLD = expand(unsqueeze(heads_1KLD, 2), [1, kvHeads, group, length, size])
  return reshape(spread_KGLD, [1, heads, length, size])
}

/** Causal attention of one sequence onto itself. */
function causal(query_LND: Tensor, key_LKD: Tensor, value_LKD: Tensor): Tensor {
  const heads = query_LND.dimension(1)
  const query_1NLD = unsqueeze(permute(query_LND, [1, 0, 2]), 0)
  const seen_1NLD = attention(query_1NLD, spread(key_LKD, heads), spread(value_LKD, heads), {
    causal: true,
  })
  return permute(reshape(seen_1NLD, [heads, query_LND.dimension(0), -1]), [1, 0, 2])
}

/**
 * Attention for sequences laid end to end without padding: each token sees itself and what came
 * before it in its own sequence. `lengths` sum to T. No cache; gradients flow.
 */
export function packedAttention(lengths: readonly number[]): Attend {
  return (_layer, query_TND, key_TKD, value_TKD) => {
    if (lengths.length === 1) return causal(query_TND, key_TKD, value_TKD)
    let start = 0
    const seen = lengths.map((length) => {
      const part = (tensor: Tensor) => narrow(tensor, 0, start, length)
      const result_LND = causal(part(query_TND), part(key_TKD), part(value_TKD))
      start += length
      return result_LND
    })
    return concatenate(seen, 0)
  }
}
