// Low-rank adaptation: frozen weights with a trainable product of two thin matrices beside them.
//
// Letters: I inputs, O outputs, R rank.

import type { ModelConfig } from '../model/config.ts'
import type { DecoderWeights, LayerWeights, Projection } from '../model/decoder-weights.ts'
import { expectedWeights } from '../model/weights.ts'
import { add, multiply } from '../tensor/arithmetic.ts'
import { rand, zeros } from '../tensor/creation.ts'
import type { Generator } from '../tensor/generator.ts'
import { scope } from '../tensor/scope.ts'
import type { Tensor } from '../tensor/tensor.ts'

/** The linear maps of a layer, by their Hugging Face names. */
export const adaptable = {
  q_proj: 'query',
  k_proj: 'key',
  v_proj: 'value',
  o_proj: 'output',
  gate_proj: 'gate',
  up_proj: 'up',
  down_proj: 'down',
} as const

export type AdaptedModule = keyof typeof adaptable

export interface LoraOptions {
  readonly rank: number
  /** The product is scaled by alpha / rank. */
  readonly alpha: number
  readonly modules: readonly AdaptedModule[]
}

export const loraDefaults: LoraOptions = {
  rank: 16,
  alpha: 32,
  modules: ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'],
}

/**
 * Fresh adapters by PEFT's names, float32: `<module>.lora_A.weight` [R, I] uniform within
 * +-1 / sqrt(I) and `<module>.lora_B.weight` [O, R] zero, so that the start is the base itself.
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
    const prefix = adapterPrefix(name)
    const bound = 1 / Math.sqrt(inputs)
    adapters.set(
      `${prefix}.lora_A.weight`,
      scope(() => add(multiply(rand([rank, inputs], generator), 2 * bound), -bound)),
    )
    adapters.set(`${prefix}.lora_B.weight`, zeros([outputs, rank], { device: generator.device }))
  }
  return adapters
}

function isAdapted(module: string | undefined, modules: readonly AdaptedModule[]): boolean {
  return modules.some((name) => name === module)
}

/** PEFT's name of the module that a weight belongs to. */
function adapterPrefix(weight: string): string {
  return `base_model.model.${weight.replace(/\.weight$/, '')}`
}

/** The same weights with the adapters beside them; shares every tensor. */
export function withAdapters(
  weights: DecoderWeights,
  adapters: ReadonlyMap<string, Tensor>,
  { rank, alpha }: LoraOptions,
): DecoderWeights {
  const adapted = (projection: Projection, name: string): Projection => {
    const a = adapters.get(`${adapterPrefix(name)}.lora_A.weight`)
    const b = adapters.get(`${adapterPrefix(name)}.lora_B.weight`)
    return a && b ? { ...projection, adapter: { a, b, scale: alpha / rank } } : projection
  }
  const layers = weights.layers.map((layer, index): LayerWeights => {
    const prefix = `model.layers.${index}`
    return {
      ...layer,
      query: adapted(layer.query, `${prefix}.self_attn.q_proj`),
      key: adapted(layer.key, `${prefix}.self_attn.k_proj`),
      value: adapted(layer.value, `${prefix}.self_attn.v_proj`),
      output: adapted(layer.output, `${prefix}.self_attn.o_proj`),
      gate: adapted(layer.gate, `${prefix}.mlp.gate_proj`),
      up: adapted(layer.up, `${prefix}.mlp.up_proj`),
      down: adapted(layer.down, `${prefix}.mlp.down_proj`),
    }
  })
  return { ...weights, layers }
}
