// Comparisons and choices.

import { operator } from './operator.ts'
import type { Tensor } from './tensor.ts'

function comparison(name: string): (a: Tensor, b: Tensor | number) => Tensor {
  const withTensor = operator(name, 'Tensor')
  const withNumber = operator(name, 'Scalar')
  return (a, b) => (typeof b === 'number' ? withNumber(a, b) : withTensor(a, b))
}

export const equal = comparison('aten::eq')
export const notEqual = comparison('aten::ne')
export const less = comparison('aten::lt')
export const lessOrEqual = comparison('aten::le')
export const greater = comparison('aten::gt')
export const greaterOrEqual = comparison('aten::ge')

const whereOf = operator('aten::where', 'self')
const maskedFillOf = operator('aten::masked_fill', 'Scalar')
const orOf = operator('aten::logical_or')

/** `a` where the condition holds, else `b`. */
export function where(condition: Tensor, a: Tensor, b: Tensor): Tensor {
  return whereOf(condition, a, b)
}

/** `value` where the mask holds, else the tensor's own element. */
export function maskedFill(tensor: Tensor, mask: Tensor, value: number): Tensor {
  return maskedFillOf(tensor, mask, value)
}

export function or(a: Tensor, b: Tensor): Tensor {
  return orOf(a, b)
}
