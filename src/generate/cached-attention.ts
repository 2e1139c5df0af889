// Attention over the cache, composed of libtorch's operators: runs on every device and is the
// reference for the kernels that replace it on the CPU.
//
// Letters: T new tokens (packed), B decoding sequences, L longest history, N heads, K key/value
// heads, G = N / K, D head size.

import { type Attend, causalAttention } from '../model/attention.ts'
import { lessOrEqual } from '../tensor/comparison.ts'
import { arange } from '../tensor/creation.ts'
import { attention } from '../tensor/neural.ts'
import {
  concatenate,
  indexCopyInPlace,
  indexSelect,
  narrow,
  permute,
  reshape,
  unsqueeze,
  view,
} from '../tensor/shape.ts'
import type { Device, Tensor } from '../tensor/tensor.ts'
import { integers, toDevice } from '../tensor/transfer.ts'
import type { Cache, LayerCache } from './cache.ts'
import type { Piece } from './piece.ts'

/**
 * Attention for the pieces of one step, which come packed in their order: every new token is
 * written into its slot, then sees its sequence's slots up to itself.
 */
export function cachedAttention(cache: Cache, pieces: readonly Piece[], device: Device): Attend {
  const place = (values: number[], shape?: number[]) => toDevice(integers(values, shape), device)
  const written_T = place(pieces.flatMap((piece) => piece.slots.slice(piece.start)))
  const blocks = blocksOf(pieces).map((block) =>
    block.kind === 'decode'
      ? decodeBlock(block.pieces, place, device)
      : prefillBlock(block.piece, place, device),
  )
  return (layer, query_TND, key_TKD, value_TKD) => {
    const stored = cache.layers[layer]
    if (!stored) throw new Error(`defect: no cache for layer ${layer}`)
    indexCopyInPlace(stored.keys_SKD, 0, written_T, key_TKD)
    indexCopyInPlace(stored.values_SKD, 0, written_T, value_TKD)
    let start = 0
    const seen = blocks.map(({ length, look }) => {
      const part = (tensor: Tensor) => narrow(tensor, 0, start, length)
      const result = look(part(query_TND), part(key_TKD), part(value_TKD), stored)
      start += length
      return result
    })
    return seen.length === 1 ? (seen[0] as Tensor) : concatenate(seen, 0)
  }
}

type Run =
  | { readonly kind: 'decode'; readonly pieces: readonly Piece[] }
  | { readonly kind: 'prefill'; readonly piece: Piece }

/** Neighbouring pieces of one token decode together; longer ones prefill one by one. */
function blocksOf(pieces: readonly Piece[]): Run[] {
  const runs: Run[] = []
  let decoding: Piece[] = []
  const flush = () => {
    if (decoding.length > 0) runs.push({ kind: 'decode', pieces: decoding })
    decoding = []
  }
  for (const piece of pieces) {
    if (piece.tokens.length === 1) {
      decoding.push(piece)
    } else {
      flush()
      runs.push({ kind: 'prefill', piece })
    }
  }
  flush()
  return runs
}

interface Block {
  /** New tokens. */
  readonly length: number
  readonly look: (query: Tensor, key: Tensor, value: Tensor, stored: LayerCache) => Tensor
}

type Place = (values: number[], shape?: number[]) => Tensor

function prefillBlock(piece: Piece, place: Place, device: Device): Block {
  const length = piece.tokens.length
  if (piece.start === 0) {
    return { length, look: (query, key, value) => causalAttention(query, key, value) }
  }
  const slots_L = place([...piece.slots])
  const rows = unsqueeze(arange(piece.start, piece.slots.length, { device }), 1)
  const mask = lessOrEqual(arange(0, piece.slots.length, { device }), rows)
  return {
    length,
    look: (query, _key, _value, stored) =>
      causalAttention(
        query,
        indexSelect(stored.keys_SKD, 0, slots_L),
        indexSelect(stored.values_SKD, 0, slots_L),
        mask,
      ),
  }
}

function decodeBlock(pieces: readonly Piece[], place: Place, device: Device): Block {
  const batch = pieces.length
  const longest = Math.max(...pieces.map((piece) => piece.slots.length))
  // Places past a sequence's end read slot 0 and are masked away.
  const slots_BL = place(
    pieces.flatMap(({ slots }) => [...slots, ...Array<number>(longest - slots.length).fill(0)]),
  )
  const lengths_B1 = place(
    pieces.map(({ slots }) => slots.length - 1),
    [batch, 1],
  )
  const mask_B11L = view(lessOrEqual(arange(0, longest, { device }), lengths_B1), [
    batch,
    1,
    1,
    longest,
  ])
  return {
    length: batch,
    look: (query_BND, _key, _value, stored) => {
      const [, heads, size] = query_BND.shape as [number, number, number]
      const gathered = (tensor: Tensor) => {
        const kvHeads = tensor.dimension(1)
        const all = reshape(indexSelect(tensor, 0, slots_BL), [batch, longest, kvHeads, size])
        return permute(all, [0, 2, 1, 3])
      }
      // The G query heads of a key head look at the same keys, like G queries of one head.
      const kvHeads = stored.keys_SKD.dimension(1)
      const query_BKGD = view(query_BND, [batch, kvHeads, heads / kvHeads, size])
      const seen_BKGD = attention(
        query_BKGD,
        gathered(stored.keys_SKD),
        gathered(stored.values_SKD),
        { mask: mask_B11L },
      )
      return reshape(seen_BKGD, [batch, heads, size])
    },
  }
}
