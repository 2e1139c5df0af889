// Named float32 tensors in one safetensors file, with a digest that tells whether it is whole.

import { createHash } from 'node:crypto'
import { closeSync, openSync, readSync } from 'node:fs'
import { readSafetensorsHeader } from '../checkpoint/safetensors-header.ts'
import { writeSafetensors } from '../checkpoint/safetensors-writer.ts'
import { tensorBytes } from '../checkpoint/tensor-bytes.ts'
import { mappedFile } from '../tensor/mapped-file.ts'
import { scope } from '../tensor/scope.ts'
import { narrow, reinterpret, view } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'

/** Writes the file, to the disk, and returns its digest. */
export function writeTensorFile(path: string, tensors: ReadonlyMap<string, Tensor>): string {
  const sources = [...tensors].map(([name, tensor]) => ({
    name,
    dtype: 'F32' as const,
    shape: tensor.shape,
    bytes: () => tensorBytes(tensor, 'float32'),
  }))
  writeSafetensors(path, sources)
  return fileDigest(path)
}

/** Calls `use` with the tensors of a file, which live as long as the call. */
export function withTensorFile(
  path: string,
  use: (tensors: ReadonlyMap<string, Tensor>) => void,
): void {
  scope(() => {
    const { tensors } = readSafetensorsHeader(path)
    const end = Math.max(0, ...[...tensors.values()].map(({ offset, bytes }) => offset + bytes))
    const file = mappedFile(path, end)
    const named = [...tensors].map(([name, { offset, bytes, shape }]): [string, Tensor] => [
      name,
      view(reinterpret(narrow(file, 0, offset, bytes), 'float32'), shape),
    ])
    use(new Map(named))
  })
}

const chunkBytes = 1 << 24

/** SHA-256 of all bytes of a file, as hexadecimal digits. */
export function fileDigest(path: string): string {
  const hash = createHash('sha256')
  const chunk = Buffer.allocUnsafe(chunkBytes)
  const descriptor = openSync(path, 'r')
  try {
    for (;;) {
      const read = readSync(descriptor, chunk)
      if (read === 0) return hash.digest('hex')
      hash.update(chunk.subarray(0, read))
    }
  } finally {
    closeSync(descriptor)
  }
}
