// When the addon's own kernels stand in for operators composed of libtorch's: on the CPU, for the
// dtypes they know, and where a gradient is recorded only if they have one.

import { isRecording } from './autograd.ts'
import { operatorOfNumber } from './operator.ts'
import type { Tensor } from './tensor.ts'

const machinePacks = operatorOfNumber('retool::has_packed_linear')
const machinePages = operatorOfNumber('retool::has_paged_attention')

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

/** Whether linear maps like `weight` run faster from a packed copy, on this machine. */
export function hasPackedLinear(weight: Tensor): boolean {
  const isKnown = weight.dtype === 'bfloat16' && weight.dimension(1) % 2 === 0
  return isKnown && hasKernel(weight) && machinePacks() === true
}

/** Whether attention over a paged cache like `keys` [S, K, D] has a kernel for all new tokens. */
export function hasPagedAttention(keys: Tensor): boolean {
  const isKnown = keys.dtype === 'bfloat16' && hasKernel(keys)
  return isKnown && machinePages(keys.dimension(2)) === true
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
