// How much memory a run needs, by part, from its configuration alone.

import type { TrainRecipe } from '../config/train-recipe.ts'
import type { ModelConfig } from '../model/config.ts'
import { expectedWeights } from '../model/weights.ts'
import type { ModelSource } from '../pretrained/model-source.ts'
import { activationNumbers, recomputedLayers } from '../update/recomputed-layers.ts'

export interface MemoryPart {
  readonly name: string
  readonly bytes: number
}

/**
 * Exact for weights, optimizer and cache; activations are an estimate of what the layers keep for
 * their way back, for one full micro-batch.
 */
export function trainingMemory(
  { config, adapter }: Pick<ModelSource, 'config' | 'adapter'>,
  recipe: TrainRecipe,
): readonly MemoryPart[] {
  const all = count([...expectedWeights(config)])
  const { lora } = recipe.learner
  const trained = lora ? adapterCount(config, lora, adapter) : all
  const computeBytes = recipe.model.dtype === 'bfloat16' ? 2 : 4
  // In float32 the masters are what forwards compute with.
  const copies = recipe.model.dtype === 'bfloat16' ? 2 : 0
  const hasReference = recipe.update.klLoss !== null || recipe.update.klPenalty !== null
  const perToken = 2 * config.layers * config.kvHeads * config.headSize * computeBytes
  const parts: MemoryPart[] = [
    { name: 'masters, float32', bytes: 4 * trained },
    { name: 'compute copies', bytes: copies * trained + (lora ? computeBytes * all : 0) },
    { name: 'gradients', bytes: 4 * trained },
    { name: 'optimizer moments', bytes: 8 * trained },
    { name: 'reference policy', bytes: hasReference && !lora ? computeBytes * all : 0 },
    { name: 'critic', bytes: recipe.advantage.kind === 'gae' ? (16 + copies) * all : 0 },
    { name: 'cache of the engine', bytes: perToken * recipe.engine.cacheTokens },
    { name: 'activations, about', bytes: activationBytes(config, recipe, computeBytes) },
  ]
  return parts.filter(({ bytes }) => bytes > 0)
}

/** Masters and moments on disk, of the policy and of a critic. */
export function checkpointBytes(
  { config, adapter }: Pick<ModelSource, 'config' | 'adapter'>,
  { learner, advantage }: TrainRecipe,
): number {
  const all = count([...expectedWeights(config)])
  const trained = learner.lora ? adapterCount(config, learner.lora, adapter) : all
  return 12 * (trained + (advantage.kind === 'gae' ? all : 0))
}

function activationBytes(
  config: ModelConfig,
  { learner }: TrainRecipe,
  numberBytes: number,
): number {
  const { microBatchTokens: tokens, checkpointActivations } = learner
  const again = recomputedLayers(config, { tokens, numberBytes }, checkpointActivations)
  const whole = config.layers - again + Math.min(1, again)
  const numbers = whole * activationNumbers(config) + again * config.hiddenSize
  return tokens * numbers * numberBytes
}

function adapterCount(
  config: ModelConfig,
  lora: NonNullable<TrainRecipe['learner']['lora']>,
  adapter: ModelSource['adapter'],
): number {
  if ('from' in lora)
    return count([...(adapter?.entries ?? [])].map(([name, { shape }]) => [name, shape]))
  const { rank, modules } = lora
  return [...expectedWeights(config)]
    .filter(([name]) => modules.some((module) => name.endsWith(`.${module}.weight`)))
    .reduce((sum, [, [outputs = 0, inputs = 0]]) => sum + rank * (outputs + inputs), 0)
}

function count(weights: readonly [string, readonly number[]][]): number {
  return weights.reduce(
    (sum, [, shape]) => sum + shape.reduce((product, size) => product * size, 1),
    0,
  )
}
