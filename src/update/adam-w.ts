// AdamW with libtorch's fused kernel, on float32 masters.

import { addInPlace } from '../tensor/arithmetic.ts'
import { withoutGradient } from '../tensor/autograd.ts'
import { zeros, zerosLike } from '../tensor/creation.ts'
import { operatorInPlace } from '../tensor/operator.ts'
import { unowned } from '../tensor/scope.ts'
import type { Tensor } from '../tensor/tensor.ts'
import type { Parameter } from './parameters.ts'

const fusedAdamW = operatorInPlace('aten::_fused_adamw_')

export interface AdamWOptions {
  readonly beta1: number
  readonly beta2: number
  readonly epsilon: number
  /** Decoupled weight decay, of matrices only: norms and biases have none. */
  readonly weightDecay: number
}

export const adamWDefaults: AdamWOptions = {
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0.01,
}

/** Moments of one parameter. */
interface Moments {
  readonly parameter: Parameter
  readonly first: Tensor
  readonly second: Tensor
  /** Steps taken; float32 scalar, which the kernel corrects its bias by. */
  readonly steps: Tensor
}

/**
 * theta = theta (1 - lr decay) - lr m^ / (sqrt(v^) + epsilon), with bias-corrected moments of the
 * gradient. Owns the moments. Source: Loshchilov and Hutter 2019 (arXiv 1711.05101).
 */
export class AdamW {
  readonly #groups: readonly { readonly decay: number; readonly moments: readonly Moments[] }[]
  readonly #options: AdamWOptions

  constructor(parameters: readonly Parameter[], options: AdamWOptions) {
    this.#options = options
    const moments = unowned(() =>
      parameters.map((parameter) => ({
        parameter,
        first: zerosLike(parameter.master),
        second: zerosLike(parameter.master),
        steps: zeros([], { device: parameter.master.device }),
      })),
    )
    const matrices = moments.filter(({ parameter }) => decays(parameter))
    const rest = moments.filter(({ parameter }) => !decays(parameter))
    this.#groups = [
      { decay: options.weightDecay, moments: matrices },
      { decay: 0, moments: rest },
    ].filter((group) => group.moments.length > 0)
  }

  /** One optimizer step with the gradients that the parameters hold. */
  step(learningRate: number): void {
    const { beta1, beta2, epsilon } = this.#options
    withoutGradient(() => {
      for (const { decay, moments } of this.#groups) {
        for (const { steps } of moments) addInPlace(steps, 1)
        fusedAdamW(
          moments.map(({ parameter }) => parameter.master),
          moments.map(({ parameter }) => parameter.gradient),
          moments.map(({ first }) => first),
          moments.map(({ second }) => second),
          [],
          moments.map(({ steps }) => steps),
          learningRate,
          beta1,
          beta2,
          decay,
          epsilon,
          false,
          false,
        )
      }
    })
  }

  /** What a checkpoint keeps, by name: `<parameter>.first`, `.second` and `.steps`. */
  state(): ReadonlyMap<string, Tensor> {
    const named = this.#groups.flatMap(({ moments }) =>
      moments.flatMap(({ parameter: { name }, first, second, steps }): [string, Tensor][] => [
        [`${name}.first`, first],
        [`${name}.second`, second],
        [`${name}.steps`, steps],
      ]),
    )
    return new Map(named)
  }

  [Symbol.dispose](): void {
    for (const tensor of this.state().values()) tensor.dispose()
  }
}

function decays({ master }: Parameter): boolean {
  return master.shape.length >= 2
}
