// When the addon's own kernels stand in for operators composed of libtorch's: on the CPU, for the
// dtypes they know, and where a gradient is recorded only if they have one.

import { isRecording } from './autograd.ts'
import type { Tensor } from './tensor.ts'

let isEnabled = true

/** For kernels that record no gradient. */
export function hasKernel(tensor: Tensor): boolean {
  return !isRecording() && hasTrainingKernel(tensor)
}

/** For kernels with a gradient of their own, or that no gradient passes. */
export function hasTrainingKernel(tensor: Tensor): boolean {
  if (!isEnabled || tensor.device !== 'cpu') return false
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
