// Attention of all new tokens of one step, decoded and read alike, by one kernel call per layer.
//
// Letters: T new tokens (packed), P pieces, W most pages of a piece, N heads, D head size.

import { operator } from '../tensor/operator.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { integers } from '../tensor/transfer.ts'
import type { LayerCache } from './cache.ts'
import { pageSize } from './page.ts'
import type { Piece } from './piece.ts'

const kernel = operator('retool::paged_attention')

/** query [T, N, D] -> what each token saw of its sequence, [T, N, D]; for `hasPagedAttention`. */
export function pagedAttention(
  pieces: readonly Piece[],
): (query_TND: Tensor, stored: LayerCache) => Tensor {
  const pages_PW = pageTableOf(pieces)
  const starts_P = integers(pieces.map(({ start }) => start))
  const counts_P = integers(pieces.map(({ tokens }) => tokens.length))
  return (query_TND, { keys_SKD, values_SKD }) =>
    kernel(query_TND, keys_SKD, values_SKD, pages_PW, starts_P, counts_P, pageSize)
}

/** The pieces' pages, [P, W], the rows of shorter ones filled up. */
export function pageTableOf(pieces: readonly Piece[]): Tensor {
  const width = Math.max(...pieces.map(({ pages }) => pages.length))
  const padded = pieces.flatMap(({ pages }) => [
    ...pages,
    ...Array<number>(width - pages.length).fill(0),
  ])
  return integers(padded, [pieces.length, width])
}
