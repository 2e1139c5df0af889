// Views and rearrangements. Views share memory with what they were made of.

import { type DType, dtypeCode } from './dtype.ts'
import { operator, operatorInPlace, operatorOfSeveral } from './operator.ts'
import type { Tensor } from './tensor.ts'

const reshapeOf = operator('aten::reshape')
const viewOf = operator('aten::view')
const viewDtypeOf = operator('aten::view', 'dtype')
const transposeOf = operator('aten::transpose', 'int')
const permuteOf = operator('aten::permute')
const unsqueezeOf = operator('aten::unsqueeze')
const squeezeOf = operator('aten::squeeze', 'dim')
const expandOf = operator('aten::expand')
const narrowOf = operator('aten::narrow')
const splitOf = operatorOfSeveral('aten::split_with_sizes')
const catOf = operator('aten::cat')
const stackOf = operator('aten::stack')
const indexSelectOf = operator('aten::index_select')
const indexOf = operator('aten::index', 'Tensor')
const indexCopyOf = operatorInPlace('aten::index_copy_')
const gatherOf = operator('aten::gather')

/** One size may be -1: what is left. Copies only where it must. */
export function reshape(tensor: Tensor, shape: readonly number[]): Tensor {
  return reshapeOf(tensor, shape)
}

/** As reshape, but never a copy: throws where one would be needed. */
export function view(tensor: Tensor, shape: readonly number[]): Tensor {
  return viewOf(tensor, shape)
}

/** The same bytes read as another dtype; the last dimension changes with the element size. */
export function reinterpret(tensor: Tensor, dtype: DType): Tensor {
  return viewDtypeOf(tensor, dtypeCode(dtype))
}

export function transpose(tensor: Tensor, a: number, b: number): Tensor {
  return transposeOf(tensor, a, b)
}

export function permute(tensor: Tensor, order: readonly number[]): Tensor {
  return permuteOf(tensor, order)
}

/** A new dimension of size 1 at `dimension`. */
export function unsqueeze(tensor: Tensor, dimension: number): Tensor {
  return unsqueezeOf(tensor, dimension)
}

export function squeeze(tensor: Tensor, dimension: number): Tensor {
  return squeezeOf(tensor, dimension)
}

/** Repeats dimensions of size 1 without memory; -1 leaves one as it is. */
export function expand(tensor: Tensor, shape: readonly number[]): Tensor {
  return expandOf(tensor, shape)
}

/** `length` elements from `start` along a dimension. */
export function narrow(tensor: Tensor, dimension: number, start: number, length: number): Tensor {
  return narrowOf(tensor, dimension, start, length)
}

/** Consecutive parts of the given sizes along a dimension. */
export function split(tensor: Tensor, sizes: readonly number[], dimension: number): Tensor[] {
  return splitOf(tensor, sizes, dimension).map((part) => {
    if (!part) throw new Error('defect: an undefined part')
    return part
  })
}

export function concatenate(tensors: readonly Tensor[], dimension: number): Tensor {
  return catOf(tensors, dimension)
}

export function stack(tensors: readonly Tensor[], dimension: number): Tensor {
  return stackOf(tensors, dimension)
}

/** The slices at `indices` (int64, one dimension) along a dimension. */
export function indexSelect(tensor: Tensor, dimension: number, indices: Tensor): Tensor {
  return indexSelectOf(tensor, dimension, indices)
}

/** Advanced indexing as in NumPy; null takes a whole dimension. */
export function index(tensor: Tensor, indices: readonly (Tensor | null)[]): Tensor {
  return indexOf(tensor, indices)
}

/** Overwrites the slices at `indices` along a dimension with `source`. */
export function indexCopyInPlace(
  target: Tensor,
  dimension: number,
  indices: Tensor,
  source: Tensor,
): void {
  indexCopyOf(target, dimension, indices, source)
}

/** Along a dimension, the element that `indices` names at each place. */
export function gather(tensor: Tensor, dimension: number, indices: Tensor): Tensor {
  return gatherOf(tensor, dimension, indices)
}
