// Low-rank adapters: a trainable product of two thin matrices beside each frozen linear map.
//
// Letters: I inputs, O outputs, R rank.

import { add, multiply } from '../tensor/arithmetic.ts'
import { withoutGradient } from '../tensor/autograd.ts'
import { matmul } from '../tensor/neural.ts'
import { scope } from '../tensor/scope.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { toDtype } from '../tensor/transfer.ts'
import type { DecoderWeights, LayerWeights, NamedWeights, Projection } from './decoder-weights.ts'

/** The linear maps of a layer, by their Hugging Face names. */
export const adaptedModules = [
  'q_proj',
  'k_proj',
  'v_proj',
  'o_proj',
  'gate_proj',
  'up_proj',
  'down_proj',
] as const

export type AdaptedModule = (typeof adaptedModules)[number]

/** What the product of the two matrices is scaled by. */
export interface AdapterScaling {
  readonly rank: number
  readonly alpha: number
  /** Scaled by alpha / sqrt(rank) instead of alpha / rank (Kalajdzievski 2023, arXiv 2312.03732). */
  readonly rankStabilized: boolean
}

/** Adapters by PEFT's names: `<module>.lora_A.weight` [R, I] and `<module>.lora_B.weight` [O, R]. */
export interface Adapter {
  readonly options: AdapterScaling
  readonly weights: NamedWeights
}

/** PEFT's names of the two matrices beside a weight. */
export function adapterNames(weight: string): { readonly a: string; readonly b: string } {
  const module = `base_model.model.${weight.replace(/\.weight$/, '')}`
  return { a: `${module}.lora_A.weight`, b: `${module}.lora_B.weight` }
}

/** The same weights with the adapters beside them; shares every tensor. */
export function withAdapters(weights: DecoderWeights, adapter: Adapter): DecoderWeights {
  const scale = scaleOf(adapter.options)
  const adapted = (projection: Projection, name: string): Projection => {
    const pair = pairOf(adapter, `${name}.weight`)
    return pair ? { ...projection, adapter: { ...pair, scale } } : projection
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

/**
 * The weights of a model that needs no adapter any more: W + scale B A where there is one, in
 * float32, new tensors of the caller's; the others are the given ones.
 */
export function mergedWeights(weights: NamedWeights, adapter: Adapter): Map<string, Tensor> {
  const scale = scaleOf(adapter.options)
  return withoutGradient(
    () =>
      new Map(
        [...weights].map(([name, weight]) => {
          const pair = pairOf(adapter, name)
          if (!pair) return [name, weight]
          const wide = (tensor: Tensor) => toDtype(tensor, 'float32')
          return [
            name,
            scope(() => add(wide(weight), multiply(matmul(wide(pair.b), wide(pair.a)), scale))),
          ]
        }),
      ),
  )
}

function pairOf({ weights }: Adapter, weight: string): { a: Tensor; b: Tensor } | null {
  const names = adapterNames(weight)
  const a = weights.get(names.a)
  const b = weights.get(names.b)
  return a && b ? { a, b } : null
}

function scaleOf({ rank, alpha, rankStabilized }: AdapterScaling): number {
  return alpha / (rankStabilized ? Math.sqrt(rank) : rank)
}
