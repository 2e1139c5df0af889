// Attention of single new tokens, one per sequence, over the cache: a kernel on the CPU, and the
// same composed of libtorch's operators for every device, which is its reference.
//
// Letters: B sequences, L longest history, P pages, N heads, K key/value heads, G = N / K,
// D head size.

import { lessOrEqual } from '../tensor/comparison.ts'
import { arange } from '../tensor/creation.ts'
import { hasKernel } from '../tensor/kernel.ts'
import { attention } from '../tensor/neural.ts'
import { operator } from '../tensor/operator.ts'
import { indexSelect, permute, reshape, view } from '../tensor/shape.ts'
import type { Device, Tensor } from '../tensor/tensor.ts'
import { integers, toDevice } from '../tensor/transfer.ts'
import type { LayerCache } from './cache.ts'
import { pageSize, slotsOf } from './page.ts'
import { pageTableOf } from './paged-attention.ts'
import { lengthOf, type Piece } from './piece.ts'

const decodeKernel = operator('retool::decode_attention')

/** query [B, N, D] -> what each token saw in its sequence's slots, [B, N, D]. */
export type DecodeAttention = (query_BND: Tensor, stored: LayerCache) => Tensor

/** For sequences whose caches look like `sample`. */
export function decodeAttention(pieces: readonly Piece[], sample: Tensor): DecodeAttention {
  return hasKernel(sample) ? byKernel(pieces) : composed(pieces, sample.device)
}

function byKernel(pieces: readonly Piece[]): DecodeAttention {
  const pages_BP = pageTableOf(pieces)
  const lengths_B = integers(pieces.map(lengthOf))
  return (query_BND, { keys_SKD, values_SKD }) =>
    decodeKernel(query_BND, keys_SKD, values_SKD, pages_BP, lengths_B, pageSize)
}

function composed(pieces: readonly Piece[], device: Device): DecodeAttention {
  const batch = pieces.length
  const lengths = pieces.map(lengthOf)
  const longest = Math.max(...lengths)
  // Places past a sequence's end read slot 0 and are masked away.
  const slots = pieces.flatMap((piece, index) => {
    const own = slotsOf(piece.pages, lengths[index] as number)
    return [...own, ...Array<number>(longest - own.length).fill(0)]
  })
  const slots_BL = toDevice(integers(slots), device)
  const last = integers(
    lengths.map((length) => length - 1),
    [batch, 1],
  )
  const mask_BL = lessOrEqual(arange(0, longest, { device }), toDevice(last, device))
  const mask_B11L = view(mask_BL, [batch, 1, 1, longest])
  return (query_BND, stored) => {
    const [, heads, size] = query_BND.shape as [number, number, number]
    const kvHeads = stored.keys_SKD.dimension(1)
    const gathered = (tensor: Tensor) => {
      const all = reshape(indexSelect(tensor, 0, slots_BL), [batch, longest, kvHeads, size])
      return permute(all, [0, 2, 1, 3])
    }
    // The G query heads of a key head look at the same keys, like G queries of one head.
    const query_BKGD = view(query_BND, [batch, kvHeads, heads / kvHeads, size])
    const [keys, values] = [gathered(stored.keys_SKD), gathered(stored.values_SKD)]
    const seen_BKGD = attention(query_BKGD, keys, values, { mask: mask_B11L })
    return reshape(seen_BKGD, [batch, heads, size])
  }
}
