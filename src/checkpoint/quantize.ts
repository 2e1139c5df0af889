// Q8_0, the block format that loses least: 32 numbers as int8 with one float16 scale. Bit for bit
// what ggml's quantize_row_q8_0_ref computes; on the CPU, because CUDA divides by a constant
// inexactly.

import { absolute, add, divide, multiply, subtract } from '../tensor/arithmetic.ts'
import { equal, where } from '../tensor/comparison.ts'
import { zerosLike } from '../tensor/creation.ts'
import { operator } from '../tensor/operator.ts'
import { scope } from '../tensor/scope.ts'
import { concatenate, reinterpret, reshape } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { contiguous, toDevice, toDtype } from '../tensor/transfer.ts'

const largestOver = operator('aten::amax')
const floorOf = operator('aten::floor')
const signOf = operator('aten::sign')

/** Numbers in rows of a multiple of 32 -> their blocks, uint8 [blocks, 34] on the CPU. */
export function quantizeQ8(tensor: Tensor): Tensor {
  return scope(() => {
    const blocks = reshape(contiguous(toDevice(tensor, 'cpu', 'float32')), [-1, 32])
    const scale = divide(largestOver(absolute(blocks), [1], true), 127)
    const inverse = where(equal(scale, 0), zerosLike(scale), divide(onesLike(scale), scale))
    const values = toDtype(roundedAway(multiply(blocks, inverse)), 'int8')
    const stored = reinterpret(contiguous(toDtype(scale, 'float16')), 'uint8')
    return concatenate([stored, reinterpret(values, 'uint8')], 1)
  })
}

function onesLike(tensor: Tensor): Tensor {
  return add(zerosLike(tensor), 1)
}

/** To the nearest whole number, halves away from zero. */
function roundedAway(tensor: Tensor): Tensor {
  const size = absolute(tensor)
  const whole = floorOf(size)
  const half = floorOf(multiply(subtract(size, whole), 2))
  return multiply(signOf(tensor), add(whole, half))
}
