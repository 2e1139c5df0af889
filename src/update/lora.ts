// Low-rank adaptation (LoRA): how adapters begin.
//
// Letters: I inputs, O outputs, R rank.

import {
  type AdaptedModule,
  type AdapterScaling,
  adaptedModules,
  adapterNames,
} from '../model/adapter.ts'
import type { ModelConfig } from '../model/config.ts'
import { expectedWeights } from '../model/weights.ts'
import { add, multiply } from '../tensor/arithmetic.ts'
import { rand, zeros } from '../tensor/creation.ts'
import type { Generator } from '../tensor/generator.ts'
import { scope } from '../tensor/scope.ts'
import type { Tensor } from '../tensor/tensor.ts'

/** The size of low-rank adapters, and what they are beside. */
export interface LoraOptions extends AdapterScaling {
  readonly modules: readonly AdaptedModule[]
}

export const loraDefaults: LoraOptions = {
  rank: 16,
  alpha: 32,
  rankStabilized: false,
  modules: adaptedModules,
}

/**
 * Fresh adapters by PEFT's names, float32: A [R, I] uniform within +-1 / sqrt(I) and B [O, R] zero,
 * so that the start is the base itself.
 * Source: Hu et al. 2021 (arXiv 2106.09685); initialization as PEFT's.
 */
export function freshAdapters(
  config: ModelConfig,
  { rank, modules }: LoraOptions,
  generator: Generator,
): Map<string, Tensor> {
  const adapters = new Map<string, Tensor>()
  for (const [name, shape] of expectedWeights(config)) {
    const [outputs, inputs] = shape
    const module = name.match(/\.(\w+)\.weight$/)?.[1]
    if (!isAdapted(module, modules) || outputs === undefined || inputs === undefined) continue
    const { a, b } = adapterNames(name)
    const bound = 1 / Math.sqrt(inputs)
    adapters.set(
      a,
      scope(() => add(multiply(rand([rank, inputs], generator), 2 * bound), -bound)),
    )
    adapters.set(b, zeros([outputs, rank], { device: generator.device }))
  }
  return adapters
}

function isAdapted(module: string | undefined, modules: readonly AdaptedModule[]): boolean {
  return modules.some((name) => name === module)
}
