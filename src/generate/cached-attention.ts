// Attention over the cache: every new token is written into its slot, then sees its sequence's slots
// up to itself. Tokens that decode go together, through a kernel where there is one; prompts and
// tool outputs go one by one through libtorch's attention.
//
// Letters: T new tokens (packed), L tokens of a sequence, N heads, K key/value heads, D head size.

import { present } from '../base/check.ts'
import { type Attend, causalAttention, type Heads } from '../model/attention.ts'
import { type RopeAngles, rotate } from '../model/rope.ts'
import { lessOrEqual } from '../tensor/comparison.ts'
import { arange } from '../tensor/creation.ts'
import { hasKernel, hasPagedAttention } from '../tensor/kernel.ts'
import { operatorInPlace } from '../tensor/operator.ts'
import { concatenate, indexCopyInPlace, indexSelect, narrow, unsqueeze } from '../tensor/shape.ts'
import type { Device, Tensor } from '../tensor/tensor.ts'
import { integers, toDevice } from '../tensor/transfer.ts'
import type { Cache, LayerCache } from './cache.ts'
import { decodeAttention } from './decode-attention.ts'
import { slotsOf } from './page.ts'
import { pagedAttention } from './paged-attention.ts'
import { lengthOf, type Piece } from './piece.ts'

const rotateAndStore = operatorInPlace('retool::rotate_and_store')

/** Attention for the pieces of one step, which come packed in their order. */
export function cachedAttention(cache: Cache, pieces: readonly Piece[]): Attend {
  const sample = present(cache.layers[0], 'layer 0 of the cache').keys_SKD
  const { device } = sample
  const written = pieces.flatMap((piece) =>
    slotsOf(piece.pages, lengthOf(piece)).slice(piece.start),
  )
  const written_T = toDevice(integers(written), device)
  const blocks = blocksOf(pieces, sample)
  return (layer, heads, angles) => {
    const stored = present(cache.layers[layer], `layer ${layer} of the cache`)
    const query_TND = store(heads, angles, stored, written_T)
    let start = 0
    const seen = blocks.map(({ length, look }) => {
      const query = blocks.length === 1 ? query_TND : narrow(query_TND, 0, start, length)
      start += length
      return look(query, stored)
    })
    return seen.length === 1 ? (seen[0] as Tensor) : concatenate(seen, 0)
  }
}

/** Rotates, writes keys and values into their slots, and returns the rotated queries. */
function store(heads: Heads, angles: RopeAngles, stored: LayerCache, written_T: Tensor): Tensor {
  const { query_TND, key_TKD, value_TKD } = heads
  const { keys_SKD, values_SKD } = stored
  if (hasKernel(query_TND)) {
    const { cosine_T1D, sine_T1D } = angles
    const where = [cosine_T1D, sine_T1D, written_T, keys_SKD, values_SKD]
    rotateAndStore(query_TND, key_TKD, value_TKD, ...where)
    return query_TND
  }
  indexCopyInPlace(keys_SKD, 0, written_T, rotate(key_TKD, angles))
  indexCopyInPlace(values_SKD, 0, written_T, value_TKD)
  return rotate(query_TND, angles)
}

interface Block {
  /** New tokens. */
  readonly length: number
  readonly look: (query: Tensor, stored: LayerCache) => Tensor
}

/** All together where a kernel can, else tokens that decode together and longer pieces one by one. */
function blocksOf(pieces: readonly Piece[], sample: Tensor): Block[] {
  if (hasPagedAttention(sample)) {
    const length = pieces.reduce((sum, { tokens }) => sum + tokens.length, 0)
    return [{ length, look: pagedAttention(pieces) }]
  }
  const blocks: Block[] = []
  let decoding: Piece[] = []
  const flush = () => {
    if (decoding.length === 0) return
    blocks.push({ length: decoding.length, look: decodeAttention(decoding, sample) })
    decoding = []
  }
  for (const piece of pieces) {
    if (piece.tokens.length === 1) {
      decoding.push(piece)
    } else {
      flush()
      blocks.push({ length: piece.tokens.length, look: readAttention(piece, sample.device) })
    }
  }
  flush()
  return blocks
}

/** Attention of a prompt or a tool output onto its sequence so far and itself. */
function readAttention(piece: Piece, device: Device): Block['look'] {
  const length = lengthOf(piece)
  const slots_L = toDevice(integers(slotsOf(piece.pages, length)), device)
  const gathered = (tensor: Tensor) => indexSelect(tensor, 0, slots_L)
  if (piece.start === 0) {
    return (query, { keys_SKD, values_SKD }) =>
      causalAttention(query, gathered(keys_SKD), gathered(values_SKD))
  }
  const rows = unsqueeze(arange(piece.start, length, { device }), 1)
  const mask = lessOrEqual(arange(0, length, { device }), rows)
  return (query, { keys_SKD, values_SKD }) =>
    causalAttention(query, gathered(keys_SKD), gathered(values_SKD), mask)
}
