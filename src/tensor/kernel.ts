// When the addon's own kernels stand in for operators composed of libtorch's: on the CPU, for the
// dtypes they know, where no gradient is recorded (they have none).

import { isRecording } from './autograd.ts'
import type { Tensor } from './tensor.ts'

let isEnabled = true

export function hasKernel(tensor: Tensor): boolean {
  if (!isEnabled || isRecording() || tensor.device !== 'cpu') return false
  return tensor.dtype === 'float32' || tensor.dtype === 'bfloat16'
}

/** Runs `body` on the composed operators alone: the reference that tests hold kernels against. */
export function withoutKernels<T>(body: () => T): T {
  isEnabled = false
  try {
    return body()
  } finally {
    isEnabled = true
  }
}
