// Gradients, asked for explicitly; nothing accumulates behind the caller's back.

import { native } from './native.ts'
import { Tensor } from './tensor.ts'

const modes = { recording: 0, withoutGradient: 1, inference: 2 } as const

let current: number = modes.recording

function inMode<T>(mode: number, body: () => T): T {
  const before = native().setMode(mode)
  current = mode
  try {
    return body()
  } finally {
    native().setMode(before)
    current = before
  }
}

/** Whether operators are recorded for gradients now: kernels without a gradient ask. */
export function isRecording(): boolean {
  return current === modes.recording
}

/** Runs `body` without recording for gradients. */
export function withoutGradient<T>(body: () => T): T {
  return inMode(modes.withoutGradient, body)
}

/** Runs `body` recording for gradients, inside of code that does not. */
export function withGradient<T>(body: () => T): T {
  return inMode(modes.recording, body)
}

/**
 * Runs `body` in libtorch's inference mode: cheaper operators, and tensors that can never take part
 * in a gradient (libtorch refuses by name). For generation.
 */
export function inference<T>(body: () => T): T {
  return inMode(modes.inference, body)
}

/** Marks a leaf whose gradient will be asked for. */
export function setRequiresGrad(tensor: Tensor, flag: boolean): void {
  native().setRequiresGrad(tensor.handle, flag)
}

export interface GradientOptions {
  /** Gradients of the outputs themselves; ones by default, for a single number. */
  readonly given?: readonly Tensor[]
  /** Keep the recorded graph for another call. */
  readonly retainGraph?: boolean
}

/** d(sum of outputs)/d(input) for each input; null where an output does not depend on it. */
export function gradients(
  outputs: readonly Tensor[],
  inputs: readonly Tensor[],
  options: GradientOptions = {},
): (Tensor | null)[] {
  const handles = native().gradients(
    outputs.map((tensor) => tensor.handle),
    inputs.map((tensor) => tensor.handle),
    options.given?.map((tensor) => tensor.handle) ?? null,
    options.retainGraph ?? false,
  )
  return handles.map((handle) => (handle === null ? null : new Tensor(handle)))
}
