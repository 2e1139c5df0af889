// From many elements to few.

import { operator, operatorOfSeveral } from './operator.ts'
import type { Tensor } from './tensor.ts'

const sumAll = operator('aten::sum')
const sumOver = operator('aten::sum', 'dim_IntList')
const meanAll = operator('aten::mean')
const meanOver = operator('aten::mean', 'dim')
const argmaxOf = operator('aten::argmax')
const logsumexpOf = operator('aten::logsumexp')
const cumsumOf = operator('aten::cumsum')
const sortOf = operatorOfSeveral('aten::sort')
const normOf = operator('aten::linalg_vector_norm')

/** Over all elements, or over the named dimensions (kept with size 1 if asked). */
export function sum(tensor: Tensor, dimensions?: readonly number[], keep = false): Tensor {
  return dimensions ? sumOver(tensor, dimensions, keep) : sumAll(tensor)
}

export function mean(tensor: Tensor, dimensions?: readonly number[], keep = false): Tensor {
  return dimensions ? meanOver(tensor, dimensions, keep) : meanAll(tensor)
}

/** Index of the largest element along a dimension; the first of equals. */
export function argmax(tensor: Tensor, dimension: number): Tensor {
  return argmaxOf(tensor, dimension)
}

export function logSumExp(tensor: Tensor, dimensions: readonly number[], keep = false): Tensor {
  return logsumexpOf(tensor, dimensions, keep)
}

export function cumulativeSum(tensor: Tensor, dimension: number): Tensor {
  return cumsumOf(tensor, dimension)
}

export interface Ranked {
  readonly values: Tensor
  /** Where each value was, int64. */
  readonly indices: Tensor
}

function ranked([values, indices]: (Tensor | null)[]): Ranked {
  if (!values || !indices) throw new Error('defect: an order without values')
  return { values, indices }
}

export function sort(tensor: Tensor, dimension: number, descending = false): Ranked {
  return ranked(sortOf(tensor, dimension, descending))
}

/** Euclidean length over all elements. */
export function norm(tensor: Tensor): Tensor {
  return normOf(tensor)
}
