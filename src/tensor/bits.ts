// Bits of integers: what packed, quantized weights are taken apart with.

import { operator } from './operator.ts'
import type { Tensor } from './tensor.ts'

const shiftRightOf = operator('aten::bitwise_right_shift', 'Tensor_Scalar')
const bitAndOf = operator('aten::bitwise_and', 'Scalar')

/** Each element shifted right by `count` bits. */
export function shiftRight(tensor: Tensor, count: number): Tensor {
  return shiftRightOf(tensor, count)
}

/** The bits that are set in both. */
export function bitAnd(tensor: Tensor, mask: number): Tensor {
  return bitAndOf(tensor, mask)
}
