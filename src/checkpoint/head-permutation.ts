// llama.cpp rotates neighbouring numbers of a head, Hugging Face numbers half a head apart: for the
// llama architecture (and only for it) the rows of q and k are stored in another order.

import type { ModelConfig } from '../model/config.ts'
import { reshape, transpose } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { contiguous } from '../tensor/transfer.ts'

/** How many heads the rows of this weight make up, where llama.cpp reorders them; else undefined. */
export function permutedHeads(name: string, config: ModelConfig): number | undefined {
  if (config.family !== 'llama') return undefined
  if (/\.self_attn\.q_proj\.(weight|bias)$/.test(name)) return config.heads
  if (/\.self_attn\.k_proj\.(weight|bias)$/.test(name)) return config.kvHeads
  return undefined
}

/** Rows of each head from Hugging Face's order (0 1 2 3 4 5) to llama.cpp's (0 3 1 4 2 5). */
export function toLlamaCppRows(tensor: Tensor, heads: number): Tensor {
  return reordered(tensor, [heads, 2, -1])
}

/** The reverse: 0 3 1 4 2 5 back to 0 1 2 3 4 5. */
export function fromLlamaCppRows(tensor: Tensor, heads: number): Tensor {
  return reordered(tensor, [heads, -1, 2])
}

function reordered(tensor: Tensor, split: readonly number[]): Tensor {
  const columns = tensor.shape.slice(1)
  // -1 must stay the only unknown size: the columns are those of the tensor.
  const parts = reshape(tensor, [...split, ...columns])
  return reshape(contiguous(transpose(parts, 1, 2)), tensor.shape)
}
