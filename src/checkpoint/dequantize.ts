// GGUF's block formats to float32, with tensor operators only: the same on every device, and bit
// for bit what the reference (ggml's dequantize_row functions) computes.
//
// Letters: N blocks, B bytes of a block.

import { add, multiply, subtract } from '../tensor/arithmetic.ts'
import { bitAnd, shiftRight } from '../tensor/bits.ts'
import { empty } from '../tensor/creation.ts'
import type { DType } from '../tensor/dtype.ts'
import { scope } from '../tensor/scope.ts'
import { concatenate, narrow, reinterpret, reshape } from '../tensor/shape.ts'
import type { Device, Tensor } from '../tensor/tensor.ts'
import { contiguous, copyTo, toDevice, toDtype } from '../tensor/transfer.ts'
import { type GgmlType, ggmlLayoutOf } from './ggml-type.ts'

/** Blocks [N, B] uint8 -> numbers of N blocks in order, float32, in any shape. */
type Decode = (blocks_NB: Tensor) => Tensor

const decoders: Partial<Record<GgmlType, Decode>> = {
  Q4_0: (b) => multiply(subtract(nibbles(bytes(b, 2, 16), 16), 8), half(b, 0)),
  Q4_1: (b) => add(multiply(nibbles(bytes(b, 4, 16), 16), half(b, 0)), half(b, 2)),
  Q5_0: (b) => multiply(subtract(fiveBits(bytes(b, 6, 16), bytes(b, 2, 4)), 16), half(b, 0)),
  Q5_1: (b) => add(multiply(fiveBits(bytes(b, 8, 16), bytes(b, 4, 4)), half(b, 0)), half(b, 2)),
  Q8_0: (b) => multiply(signed(bytes(b, 2, 32)), half(b, 0)),
  Q4_K: (b) => scaledByGroup(b, reshape(nibbles(bytes(b, 16, 128), 32), [-1, 8, 32])),
  Q5_K: (b) => {
    const low = reshape(nibbles(bytes(b, 48, 128), 32), [-1, 8, 32])
    const high = reshape(fields(bytes(b, 16, 32), { width: 32, bits: 1 }), [-1, 8, 32])
    return scaledByGroup(b, add(low, multiply(high, 16)))
  },
  Q6_K: (b) => {
    const low = nibbles(bytes(b, 0, 128), 64)
    const high = fields(bytes(b, 128, 64), { width: 32, bits: 2 })
    const values = subtract(add(low, multiply(high, 16)), 32)
    const scales = multiply(half(b, 208), signed(bytes(b, 192, 16)))
    return multiply(reshape(values, [-1, 16, 16]), reshape(scales, [-1, 16, 1]))
  },
}

/** Whether numbers of this block format can be read. */
export function canDequantize(type: GgmlType): boolean {
  return decoders[type] !== undefined
}

/** Numbers decoded at once: few enough to stay in the processor's caches. */
const chunkNumbers = 1 << 20

export type Placement = { readonly dtype: DType; readonly device: Device }

/** The tensor of `shape` whose blocks are the bytes of `raw` (uint8, one dimension, any device). */
export function dequantize(
  raw: Tensor,
  type: GgmlType,
  shape: readonly number[],
  { dtype, device }: Placement,
): Tensor {
  const decode = decoders[type]
  if (!decode) throw new Error(`defect: no decoder for ${type}`)
  const layout = ggmlLayoutOf(type)
  return scope(() => {
    const blocks_NB = reshape(raw, [-1, layout.bytes])
    const result = empty(shape, { dtype, device })
    const flat = reshape(result, [-1, layout.block])
    const count = blocks_NB.dimension(0)
    const step = chunkNumbers / layout.block
    for (let start = 0; start < count; start += step) {
      const length = Math.min(step, count - start)
      scope(() => {
        const chunk_NB = toDevice(narrow(blocks_NB, 0, start, length), device)
        const decoded = reshape(decode(chunk_NB), [-1, layout.block])
        copyTo(narrow(flat, 0, start, length), decoded)
      })
    }
    return result
  })
}

function bytes(blocks_NB: Tensor, start: number, length: number): Tensor {
  return contiguous(narrow(blocks_NB, 1, start, length))
}

/** The float16 at byte `start` of each block, [N, 1] float32. */
function half(blocks_NB: Tensor, start: number): Tensor {
  return toDtype(reinterpret(bytes(blocks_NB, start, 2), 'float16'), 'float32')
}

function signed(values: Tensor): Tensor {
  return toDtype(reinterpret(values, 'int8'), 'float32')
}

/**
 * Fields of `bits` bits out of each run of `width` bytes: first the lowest field of all the bytes
 * of the run, then the next higher one of all. [N, numbers] float32.
 */
function fields(packed: Tensor, { width, bits }: { width: number; bits: number }): Tensor {
  const count = packed.dimension(0)
  const runs = reshape(packed, [count, -1, 1, width])
  const parts = Array.from({ length: 8 / bits }, (_, index) =>
    bitAnd(shiftRight(runs, index * bits), 2 ** bits - 1),
  )
  return toDtype(reshape(concatenate(parts, 2), [count, -1]), 'float32')
}

function nibbles(packed: Tensor, width: number): Tensor {
  return fields(packed, { width, bits: 4 })
}

/** Q5_0 and Q5_1: low four bits as nibbles, the fifth as bit i of a little-endian word. */
function fiveBits(low: Tensor, high: Tensor): Tensor {
  return add(nibbles(low, 16), multiply(fields(high, { width: 1, bits: 1 }), 16))
}

/**
 * Q4_K and Q5_K: eight groups of 32 numbers, each with a 6-bit scale and minimum out of 12 bytes.
 * Four bytes hold the scales of groups 0 to 3, four their minima; their upper two bits and the last
 * four bytes make up those of groups 4 to 7.
 */
function scaledByGroup(blocks_NB: Tensor, values: Tensor): Tensor {
  const [first, second, last] = [4, 8, 12].map((start) => bytes(blocks_NB, start, 4))
  if (!first || !second || !last) throw new Error('defect: three parts')
  const group = (own: Tensor, low: Tensor) =>
    concatenate([low6(own), add(low, multiply(top2(own), 16))], 1)
  const scales = group(first, toDtype(bitAnd(last, 15), 'float32'))
  const minima = group(second, top4(last))
  const perGroup = (start: number, factors: Tensor) =>
    reshape(multiply(half(blocks_NB, start), factors), [-1, 8, 1])
  return subtract(multiply(values, perGroup(0, scales)), perGroup(2, minima))
}

function low6(values: Tensor): Tensor {
  return toDtype(bitAnd(values, 63), 'float32')
}

function top2(values: Tensor): Tensor {
  return topBits(values, 6)
}

function top4(values: Tensor): Tensor {
  return topBits(values, 4)
}

function topBits(values: Tensor, shift: number): Tensor {
  return toDtype(shiftRight(values, shift), 'float32')
}
