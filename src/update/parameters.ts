// Trainable weights: float32 masters, the copies that forwards compute with, and float32 gradients.

import { addInPlace, multiplyInPlace } from '../tensor/arithmetic.ts'
import { setRequiresGrad, withoutGradient } from '../tensor/autograd.ts'
import { zerosLike } from '../tensor/creation.ts'
import type { DType } from '../tensor/dtype.ts'
import { operatorInPlace } from '../tensor/operator.ts'
import { norm } from '../tensor/reduction.ts'
import { scope, unowned } from '../tensor/scope.ts'
import { stack } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { alias, copyTo, item, toDtype } from '../tensor/transfer.ts'

const zeroInPlace = operatorInPlace('aten::zero_')

/** One trainable tensor. */
export interface Parameter {
  readonly name: string
  /** Float32; what the optimizer changes. */
  readonly master: Tensor
  /** What forwards read: the master itself in float32, else a rounded copy. */
  readonly compute: Tensor
  /** Float32; the sum over micro-batches since the last `clearGradients`. */
  readonly gradient: Tensor
}

/**
 * Owns the trainable tensors of a learner. `weights` are float32 masters under their names; they
 * become the set's own and are disposed with it. The compute copies stay the same tensors for life,
 * so that an engine may read them between updates.
 */
export class ParameterSet {
  readonly all: readonly Parameter[]
  readonly #places: ReadonlyMap<Tensor, Parameter>

  constructor(weights: ReadonlyMap<string, Tensor>, dtype: DType) {
    this.all = unowned(() =>
      [...weights].map(([name, master]) => {
        const compute = dtype === 'float32' ? alias(master) : toDtype(master, dtype)
        setRequiresGrad(compute, true)
        return { name, master, compute, gradient: zerosLike(master) }
      }),
    )
    this.#places = new Map(this.all.map((parameter) => [parameter.compute, parameter]))
  }

  /** The copies that forwards read, by name. */
  compute(): ReadonlyMap<string, Tensor> {
    return new Map(this.all.map(({ name, compute }) => [name, compute]))
  }

  /** The parameter that a compute copy belongs to; undefined for a frozen tensor. */
  find(compute: Tensor): Parameter | undefined {
    return this.#places.get(compute)
  }

  clearGradients(): void {
    for (const { gradient } of this.all) zeroInPlace(gradient)
  }

  /** Adds to the gradient of a compute copy; nothing where the copy is frozen or untouched. */
  addGradient(compute: Tensor, gradient: Tensor | null): void {
    const parameter = this.find(compute)
    if (parameter && gradient) withoutGradient(() => addInPlace(parameter.gradient, gradient))
  }

  /** Euclidean length of all gradients together. */
  gradientNorm(): number {
    return scope(() =>
      withoutGradient(() =>
        item(
          norm(
            stack(
              this.all.map(({ gradient }) => norm(gradient)),
              0,
            ),
          ),
        ),
      ),
    )
  }

  scaleGradients(factor: number): void {
    withoutGradient(() => {
      for (const { gradient } of this.all) multiplyInPlace(gradient, factor)
    })
  }

  /** Rounds the masters into their compute copies: after each optimizer step. */
  publish(): void {
    withoutGradient(() => {
      for (const { master, compute } of this.all) {
        if (compute.dtype !== 'float32') copyTo(compute, master)
      }
    })
  }

  [Symbol.dispose](): void {
    for (const { master, compute, gradient } of this.all) {
      for (const tensor of [master, compute, gradient]) tensor.dispose()
    }
  }
}

/** Overwrites `own` tensors with the saved ones of the same names. */
export function overwrite(
  own: ReadonlyMap<string, Tensor>,
  saved: ReadonlyMap<string, Tensor>,
): void {
  const missing = [...own.keys()].filter((name) => !saved.has(name))
  const unknown = [...saved.keys()].filter((name) => !own.has(name))
  if (missing.length + unknown.length > 0) {
    const list = (names: string[]) => names.slice(0, 5).join(', ') || 'none'
    throw new Error(`saved state does not fit: missing ${list(missing)}; unknown ${list(unknown)}`)
  }
  withoutGradient(() => {
    for (const [name, tensor] of own) {
      const source = saved.get(name)
      if (source) copyTo(tensor, source)
    }
  })
}
