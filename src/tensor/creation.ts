// Tensors out of nothing.

import { type DType, dtypeCode } from './dtype.ts'
import type { Generator } from './generator.ts'
import { operator } from './operator.ts'
import type { Device, Tensor } from './tensor.ts'

export interface TensorOptions {
  readonly dtype?: DType
  readonly device?: Device
}

const emptyMemory = operator('aten::empty', 'memory_format')
const fullOf = operator('aten::full')
const arangeOf = operator('aten::arange', 'start')
const randnOf = operator('aten::randn', 'generator')
const randOf = operator('aten::rand', 'generator')
const zerosLikeOf = operator('aten::zeros_like')

function placed(options: TensorOptions) {
  return [dtypeCode(options.dtype ?? 'float32'), null, options.device ?? 'cpu'] as const
}

/** Uninitialised memory. */
export function empty(shape: readonly number[], options: TensorOptions = {}): Tensor {
  return emptyMemory(shape, ...placed(options))
}

export function full(shape: readonly number[], value: number, options: TensorOptions = {}): Tensor {
  return fullOf(shape, value, ...placed(options))
}

export function zeros(shape: readonly number[], options: TensorOptions = {}): Tensor {
  return full(shape, 0, options)
}

export function ones(shape: readonly number[], options: TensorOptions = {}): Tensor {
  return full(shape, 1, options)
}

/** start, start + 1, ... below end; int64 unless told otherwise. */
export function arange(start: number, end: number, options: TensorOptions = {}): Tensor {
  return arangeOf(start, end, ...placed({ dtype: 'int64', ...options }))
}

/** Standard normal numbers from a named stream; always float32, on the generator's device. */
export function randn(shape: readonly number[], generator: Generator): Tensor {
  return randnOf(shape, generator.id, ...placed({ device: generator.device }))
}

/** Uniform numbers in [0, 1) from a named stream; always float32, on the generator's device. */
export function rand(shape: readonly number[], generator: Generator): Tensor {
  return randOf(shape, generator.id, ...placed({ device: generator.device }))
}

export function zerosLike(tensor: Tensor): Tensor {
  return zerosLikeOf(tensor)
}
