// A libtorch tensor seen from TypeScript: a handle that somebody must free.

import { type DType, dtypeOfCode } from './dtype.ts'
import { type Handle, native } from './native.ts'

/** `cpu`, `cuda` or `cuda:0`, `cuda:1`, ... */
export type Device = 'cpu' | 'cuda' | `cuda:${number}`

/** Whoever collects the tensors made inside it; see scope.ts. */
export interface TensorOwner {
  own(tensor: Tensor): void
}

let owner: TensorOwner | null = null

/** Makes `next` collect all tensors made from now on; returns who did so before. */
export function setOwner(next: TensorOwner | null): TensorOwner | null {
  const before = owner
  owner = next
  return before
}

let handlesToFree = new Float64Array(64)

/** `dispose` of many by one call of the addon: calls are what freeing costs. */
export function disposeAll(tensors: readonly Tensor[]): void {
  if (tensors.length > handlesToFree.length) handlesToFree = new Float64Array(2 * tensors.length)
  let count = 0
  for (const tensor of tensors) {
    if (tensor.handle === -1) continue
    handlesToFree[count++] = tensor.handle
    tensor.handle = -1
  }
  if (count > 0) native().free(handlesToFree, count)
}

/**
 * A multi-dimensional array in libtorch's memory. It belongs to the scope it was made in, or,
 * outside of any scope, to its maker, who disposes it (`using` does). It never crosses an `await`.
 *
 *     using x = tensorFrom(new Float32Array([1, 2, 3, 4]), [2, 2])
 *     using y = matmul(x, x)
 *     x.shape // [2, 2]
 */
export class Tensor {
  /** The addon's name for it; -1 once freed, which the addon refuses by name. */
  handle: Handle
  #shape: readonly number[] | undefined
  #dtype: DType | undefined
  #device: Device | undefined

  constructor(handle: Handle) {
    this.handle = handle
    owner?.own(this)
  }

  /** Sizes of the dimensions. In-place operators that resize are not used in this project. */
  get shape(): readonly number[] {
    this.#shape ??= Object.freeze(native().shape(this.handle))
    return this.#shape
  }

  get dtype(): DType {
    this.#dtype ??= dtypeOfCode(native().dtype(this.handle))
    return this.#dtype
  }

  get device(): Device {
    this.#device ??= native().device(this.handle) as Device
    return this.#device
  }

  /** Number of elements. */
  get size(): number {
    return this.shape.reduce((product, size) => product * size, 1)
  }

  get isFreed(): boolean {
    return this.handle === -1
  }

  /** The size of a dimension; negative counts from the end. */
  dimension(index: number): number {
    const size = this.shape[index < 0 ? this.shape.length + index : index]
    if (size === undefined) throw new Error(`no dimension ${index} in [${this.shape.join(', ')}]`)
    return size
  }

  /** Gives the memory back, unless another tensor shares it; safe to call twice. */
  dispose(): void {
    disposeAll([this])
  }

  [Symbol.dispose](): void {
    this.dispose()
  }

  /** A tensor's numbers are not text: printing one by mistake shows what it is. */
  toString(): string {
    return this.isFreed ? 'Tensor(freed)' : `Tensor(${this.dtype}[${this.shape.join(', ')}])`
  }
}
