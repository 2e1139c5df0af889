// Tensors out of files that are mapped instead of read.

import { UserError } from '../base/errors.ts'
import { type DType, dtypeBytes } from '../tensor/dtype.ts'
import { mappedFile } from '../tensor/mapped-file.ts'
import { scope, unowned } from '../tensor/scope.ts'
import { narrow, reinterpret, view } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { clone, toDevice } from '../tensor/transfer.ts'
import type { ByteRange } from './byte-ranges.ts'
import type { Placement } from './dequantize.ts'
import { quoted } from './quoted.ts'
import { ReadableFile } from './readable-file.ts'
import type { SafetensorsDtype } from './safetensors-header.ts'
import type { LocatedEntry } from './safetensors-index.ts'

const safetensorsFloats: Partial<Record<SafetensorsDtype, DType>> = {
  F32: 'float32',
  F16: 'float16',
  BF16: 'bfloat16',
}

export function placed(
  numbers: Tensor,
  shape: readonly number[],
  { dtype, device }: Placement,
): Tensor {
  return toDevice(view(numbers, shape), device, dtype)
}

/** Each file is mapped once; its tensors are views, which keep the mapping alive. */
export class MappedFiles implements Disposable {
  readonly #files = new Map<string, Tensor>()

  bytes(path: string, { offset, bytes }: ByteRange): Tensor {
    const file = this.#files.get(path) ?? this.#map(path)
    return narrow(file, 0, offset, bytes)
  }

  /** The bytes as numbers of `dtype`; a copy where they lie at an odd address. */
  numbers(path: string, range: ByteRange, dtype: DType): Tensor {
    const bytes = this.bytes(path, range)
    const aligned = range.offset % dtypeBytes(dtype) === 0 ? bytes : clone(bytes)
    return reinterpret(aligned, dtype)
  }

  /** A float tensor of a safetensors file, where and as what it is wanted. */
  safetensor(name: string, entry: LocatedEntry, placement: Placement): Tensor {
    const stored = safetensorsFloats[entry.dtype]
    if (!stored) {
      throw new UserError(
        `${entry.path}: tensor ${quoted(name)} is stored as ${entry.dtype}; weights must be F32, F16 or BF16`,
      )
    }
    return scope(() => placed(this.numbers(entry.path, entry, stored), entry.shape, placement))
  }

  #map(path: string): Tensor {
    using file = ReadableFile.open(path)
    const mapped = unowned(() => mappedFile(path, file.size))
    this.#files.set(path, mapped)
    return mapped
  }

  [Symbol.dispose](): void {
    for (const file of this.#files.values()) file.dispose()
  }
}
