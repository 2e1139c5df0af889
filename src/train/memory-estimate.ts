// How much memory training needs, by part, from what decides it alone.

import type { TrainRecipe } from '../config/train-recipe.ts'
import { packedBytes } from '../generate/packed-decoder.ts'
import type { ModelConfig } from '../model/config.ts'
import { expectedWeights } from '../model/weights.ts'
import type { ModelSource } from '../pretrained/model-source.ts'
import { keptShare } from '../tensor/native.ts'
import { headBytes } from '../update/chosen-logprobs.ts'
import type { LearnerOptions } from '../update/learner.ts'
import { activationNumbers, recomputedLayers } from '../update/recomputed-layers.ts'
import type { ComputeDtype } from '../update/trainable-model.ts'
import { type QuickstartConfig, stageOptions } from './quickstart-config.ts'

export interface MemoryPart {
  readonly name: string
  readonly bytes: number
}

/** What of a training decides its memory. */
export interface TrainingSize
  extends Pick<LearnerOptions, 'microBatchTokens' | 'checkpointActivations'> {
  readonly dtype: ComputeDtype
  /** Null where all weights are trained. */
  readonly lora: TrainRecipe['learner']['lora']
  readonly hasReference: boolean
  readonly hasCritic: boolean
  readonly cacheTokens: number
}

type Model = Pick<ModelSource, 'config' | 'adapter'>

/** Node, libtorch's code and small tensors, trajectories: what is there beside large tensors. */
const programBytes = 450e6

/** The processes beside it: two workers of the sandbox and a grader, which have imported their libraries. */
const besideBytes = 400e6

/** Of `retool-rl train`. */
export function recipeSize(recipe: TrainRecipe): TrainingSize {
  const { model, learner, update, advantage, engine } = recipe
  const { lora, microBatchTokens, checkpointActivations } = learner
  return {
    dtype: model.dtype,
    lora,
    hasReference: update.klLoss !== null || update.klPenalty !== null,
    hasCritic: advantage.kind === 'gae',
    cacheTokens: engine.cacheTokens,
    microBatchTokens,
    checkpointActivations,
  }
}

/** Of `retool-rl quickstart`. */
export function quickstartSize(config: QuickstartConfig): TrainingSize {
  const { dtype, cacheTokens, policy } = config
  const { microBatchTokens, checkpointActivations } = stageOptions(config, 0)
  const hasCritic = policy.advantage.kind === 'gae'
  const plain = { lora: null, hasReference: false }
  return { ...plain, dtype, hasCritic, cacheTokens, microBatchTokens, checkpointActivations }
}

/**
 * Exact for weights, optimizer and cache; an estimate for one full micro-batch on its way and for
 * the program. Freed tensors that are kept for the next ones come on top, a share of what there is.
 */
export function trainingMemory(model: Model, size: TrainingSize): readonly MemoryPart[] {
  const { config } = model
  const { lora, dtype, hasReference, hasCritic, cacheTokens } = size
  const all = count([...expectedWeights(config)])
  const trained = trainedNumbers(model, lora)
  const computeBytes = dtype === 'bfloat16' ? 2 : 4
  // In float32 the masters are what forwards compute with.
  const copies = dtype === 'bfloat16' ? 2 : 0
  const perToken = 2 * config.layers * config.kvHeads * config.headSize * computeBytes
  const parts: MemoryPart[] = [
    { name: 'masters, float32', bytes: 4 * trained },
    { name: 'compute copies', bytes: copies * trained + (lora ? computeBytes * all : 0) },
    { name: 'gradients', bytes: 4 * trained },
    { name: 'optimizer moments', bytes: 8 * trained },
    { name: 'reference policy', bytes: hasReference && !lora ? computeBytes * all : 0 },
    { name: 'critic', bytes: hasCritic ? (16 + copies) * all : 0 },
    { name: 'cache of the engine', bytes: perToken * cacheTokens },
    { name: 'packed copy of the engine', bytes: packedBytes(config, dtype) },
    { name: 'a micro-batch, about', bytes: microBatchBytes(config, size) },
    { name: 'the program, about', bytes: programBytes },
    { name: 'sandbox and grader, about', bytes: besideBytes },
  ]
  return parts.filter(({ bytes }) => bytes > 0)
}

export function inAll(parts: readonly MemoryPart[]): number {
  return parts.reduce((sum, { bytes }) => sum + bytes, 0)
}

/** Of a machine that has room for the parts and for what is kept when freed. */
export function neededMemory(parts: readonly MemoryPart[]): number {
  return inAll(parts) / (1 - keptShare)
}

/** Masters and moments on disk, of the policy and of a critic. */
export function checkpointBytes(
  model: Model,
  { lora, hasCritic }: Pick<TrainingSize, 'lora' | 'hasCritic'>,
): number {
  const all = count([...expectedWeights(model.config)])
  return 12 * (trainedNumbers(model, lora) + (hasCritic ? all : 0))
}

/**
 * What the layers and the head keep for the way back of one full micro-batch. The gradients of the
 * layers that were recorded as one are all there only at its end, when their activations are gone.
 */
function microBatchBytes(
  config: ModelConfig,
  { microBatchTokens: tokens, checkpointActivations, dtype, lora }: TrainingSize,
): number {
  const numberBytes = dtype === 'bfloat16' ? 2 : 4
  const again = recomputedLayers(config, { tokens, numberBytes }, checkpointActivations)
  const whole = config.layers - again + Math.min(1, again)
  const numbers = whole * activationNumbers(config) + again * config.hiddenSize
  const there = tokens * numbers * numberBytes + headBytes(config, tokens, dtype)
  const layers = [...expectedWeights(config)].filter(([name]) => name.startsWith('model.layers.'))
  const back = lora ? 0 : (count(layers) / config.layers) * whole * numberBytes
  return Math.max(there, back)
}

/** Numbers that are trained: all of them, or those of the adapters. */
function trainedNumbers({ config, adapter }: Model, lora: TrainingSize['lora']): number {
  const weights = [...expectedWeights(config)]
  if (!lora) return count(weights)
  if ('from' in lora)
    return count([...(adapter?.entries ?? [])].map(([name, { shape }]) => [name, shape]))
  const { rank, modules } = lora
  return weights
    .filter(([name]) => modules.some((module) => name.endsWith(`.${module}.weight`)))
    .reduce((sum, [, [outputs = 0, inputs = 0]]) => sum + rank * (outputs + inputs), 0)
}

function count(weights: readonly (readonly [string, readonly number[]])[]): number {
  return weights.reduce(
    (sum, [, shape]) => sum + shape.reduce((product, size) => product * size, 1),
    0,
  )
}
