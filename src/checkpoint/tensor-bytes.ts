// A tensor's numbers as the bytes that files hold.

import type { DType } from '../tensor/dtype.ts'
import { scope } from '../tensor/scope.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { contiguous, detach, read, toDevice } from '../tensor/transfer.ts'

/** A copy of the elements in `dtype`, row-major, little-endian. */
export function tensorBytes(tensor: Tensor, dtype: DType = tensor.dtype): Uint8Array {
  return scope(() => {
    const array = read(contiguous(toDevice(detach(tensor), 'cpu', dtype)))
    return new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
  })
}
