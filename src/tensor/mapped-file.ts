// A file as a tensor of its bytes, read by the operating system only where they are looked at.

import { operator } from './operator.ts'
import type { Tensor } from './tensor.ts'

const fromFile = operator('aten::from_file')
/** Code of c10::ScalarType::Byte. */
const byteCode = 0

/**
 * The first `size` bytes of the file at `path`, uint8, on the CPU. Writing to the tensor never
 * changes the file. The file must not be made shorter while the tensor or a view of it lives;
 * replacing it by renaming another one over it is safe.
 */
export function mappedFile(path: string, size: number): Tensor {
  return fromFile(path, false, size, byteCode, null, 'cpu', false)
}
