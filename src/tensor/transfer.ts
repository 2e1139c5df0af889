// Between typed arrays and tensors, and between devices and dtypes.

import { type ArrayOf, arrayFor, type DType, dtypeCode, viewOf } from './dtype.ts'
import { native } from './native.ts'
import { operator, operatorInPlace, operatorOfNumber } from './operator.ts'
import { type Device, Tensor } from './tensor.ts'

const toDtypeOf = operator('aten::to', 'dtype')
const toDeviceOf = operator('aten::to', 'dtype_layout')
const itemOf = operatorOfNumber('aten::item')
const copyInto = operatorInPlace('aten::copy_')
const cloneOf = operator('aten::clone')
const detachOf = operator('aten::detach')
const contiguousOf = operator('aten::contiguous')

/** The dtype that a typed array holds when nobody says otherwise. */
function dtypeOfArray(array: NodeJS.TypedArray): DType {
  if (array instanceof Float32Array) return 'float32'
  if (array instanceof Float64Array) return 'float64'
  if (array instanceof BigInt64Array) return 'int64'
  if (array instanceof Int32Array) return 'int32'
  if (array instanceof Int16Array) return 'int16'
  if (array instanceof Int8Array) return 'int8'
  if (array instanceof Uint8Array) return 'uint8'
  throw new Error(`no dtype holds a ${array.constructor.name} by itself; name one`)
}

/** A tensor with a copy of the array's elements, on the CPU. The dtype defaults to the array's. */
export function tensorFrom(
  array: NodeJS.TypedArray,
  shape: readonly number[] = [array.length],
  dtype: DType = dtypeOfArray(array),
): Tensor {
  return new Tensor(native().fromArray(array, dtypeCode(dtype), shape, false))
}

/**
 * A tensor over the array's own memory, without a copy. Safe because the array stays alive as long
 * as the tensor; a write to either shows in both. The buffer must not be transferred or resized.
 */
export function tensorOver(
  array: NodeJS.TypedArray,
  shape: readonly number[] = [array.length],
  dtype: DType = dtypeOfArray(array),
): Tensor {
  return new Tensor(native().fromArray(array, dtypeCode(dtype), shape, true))
}

/** An int64 tensor of token ids, positions and the like. */
export function integers(
  values: ArrayLike<number>,
  shape: readonly number[] = [values.length],
): Tensor {
  const array = new BigInt64Array(values.length)
  for (let i = 0; i < values.length; i++) array[i] = BigInt(values[i] as number)
  return tensorFrom(array, shape, 'int64')
}

/** A copy of the elements, in the typed array of the tensor's dtype. */
export function read(tensor: Tensor): NodeJS.TypedArray {
  const array = arrayFor(tensor.dtype, tensor.size)
  native().readInto(tensor.handle, array)
  return array
}

/** A copy of the elements as numbers in float32, whatever the dtype. */
export function readFloats(tensor: Tensor): Float32Array {
  const array = new Float32Array(tensor.size)
  if (tensor.dtype === 'float32') {
    native().readInto(tensor.handle, array)
  } else {
    using converted = toDtypeOf(tensor, dtypeCode('float32'))
    native().readInto(converted.handle, array)
  }
  return array
}

/** A copy of integer or bool elements as ordinary numbers. */
export function readIntegers(tensor: Tensor): number[] {
  return Array.from(read(tensor) as ArrayLike<number | bigint>, Number)
}

/**
 * A view of the tensor's own memory, without a copy: for contiguous tensors on the CPU that need
 * no gradient. The memory stays alive as long as the array does, also after the tensor is freed.
 */
export function arrayOver<D extends DType>(tensor: Tensor, dtype: D): ArrayOf[D] {
  if (tensor.dtype !== dtype) throw new Error(`expected ${dtype}, found ${tensor.dtype}`)
  return viewOf(dtype, native().shareMemory(tensor.handle))
}

/** The only element, as a number. */
export function item(tensor: Tensor): number {
  return Number(itemOf(tensor))
}

export function toDtype(tensor: Tensor, dtype: DType): Tensor {
  return toDtypeOf(tensor, dtypeCode(dtype))
}

/** On another device, and of another dtype if one is named; an alias where nothing changes. */
export function toDevice(tensor: Tensor, device: Device, dtype?: DType): Tensor {
  return toDeviceOf(tensor, dtype ? dtypeCode(dtype) : null, null, device)
}

/** Overwrites `target` with the elements of `source`, converting dtype and device. */
export function copyTo(target: Tensor, source: Tensor): void {
  copyInto(target, source)
}

export function clone(tensor: Tensor): Tensor {
  return cloneOf(tensor)
}

/** The same memory without its history: gradients stop here. */
export function detach(tensor: Tensor): Tensor {
  return detachOf(tensor)
}

/** With its elements in order in memory; an alias where they are already. */
export function contiguous(tensor: Tensor): Tensor {
  return contiguousOf(tensor)
}

/** A second owner for the same tensor. */
export function alias(tensor: Tensor): Tensor {
  return new Tensor(native().alias(tensor.handle))
}
