// Element-wise arithmetic with broadcasting.

import { operator, operatorInPlace } from './operator.ts'
import type { Tensor } from './tensor.ts'

type Pair = (a: Tensor, b: Tensor | number) => Tensor

/** A binary operator with a form for tensors and one for numbers. */
function pair(name: string): Pair {
  const withTensor = operator(name, 'Tensor')
  const withNumber = operator(name, 'Scalar')
  return (a, b) => (typeof b === 'number' ? withNumber(a, b) : withTensor(a, b))
}

function pairInPlace(name: string): (target: Tensor, b: Tensor | number) => void {
  const withTensor = operatorInPlace(name, 'Tensor')
  const withNumber = operatorInPlace(name, 'Scalar')
  return (a, b) => (typeof b === 'number' ? withNumber(a, b) : withTensor(a, b))
}

function unary(name: string): (a: Tensor) => Tensor {
  return operator(name)
}

export const add = pair('aten::add')
export const subtract = pair('aten::sub')
export const multiply = pair('aten::mul')
export const divide = pair('aten::div')
export const addInPlace = pairInPlace('aten::add_')
export const multiplyInPlace = pairInPlace('aten::mul_')

export const negative = unary('aten::neg')
export const absolute = unary('aten::abs')
export const exp = unary('aten::exp')
export const sin = unary('aten::sin')
export const cos = unary('aten::cos')
export const square = unary('aten::square')

const maximumOf = operator('aten::maximum')
const minimumOf = operator('aten::minimum')
const clampOf = operator('aten::clamp')

export function maximum(a: Tensor, b: Tensor): Tensor {
  return maximumOf(a, b)
}

export function minimum(a: Tensor, b: Tensor): Tensor {
  return minimumOf(a, b)
}

/** Limits elements to [low, high]; null leaves a side open. */
export function clamp(tensor: Tensor, low: number | null, high: number | null): Tensor {
  return clampOf(tensor, low, high)
}
