// Between the masked tokens of a micro-batch, end to end [M], and tables [B, T] of them, as the
// losses read them. Only single numbers per token are padded, never hidden states.
//
// Letters: M masked tokens, B sequences, T most masked tokens of a sequence.

import { indexSelect, reshape } from '../tensor/shape.ts'
import type { Device, Tensor } from '../tensor/tensor.ts'
import { integers, tensorFrom, toDevice } from '../tensor/transfer.ts'

export interface TokenTable {
  /** [B, T], float32; one where there is a token. */
  readonly mask: Tensor
  /** [M] -> [B, T]; gradients flow. What stands off the mask means nothing but is finite. */
  readonly spread: (values_M: Tensor) => Tensor
  /** Rows over all tokens of each sequence -> their masked tokens, [B, T]; zero off the mask. */
  readonly pick: (rows: readonly ArrayLike<number>[]) => Tensor
}

/** `columns` says, per sequence, which of its tokens are masked. */
export function tokenTable(columns: readonly (readonly number[])[], device: Device): TokenTable {
  const width = Math.max(1, ...columns.map((row) => row.length))
  const shape = [columns.length, width]
  const mask = new Float32Array(columns.length * width)
  const source = new Array<number>(columns.length * width).fill(0)
  let next = 0
  columns.forEach((row, b) => {
    row.forEach((_, t) => {
      mask[b * width + t] = 1
      source[b * width + t] = next++
    })
  })
  const source_BT = toDevice(integers(source), device)
  return {
    mask: toDevice(tensorFrom(mask, shape), device),
    spread: (values_M) => reshape(indexSelect(values_M, 0, source_BT), shape),
    pick: (rows) => {
      const table = new Float32Array(columns.length * width)
      columns.forEach((row, b) => {
        row.forEach((token, t) => {
          table[b * width + t] = rows[b]?.[token] ?? Number.NaN
        })
      })
      return toDevice(tensorFrom(table, shape), device)
    },
  }
}
