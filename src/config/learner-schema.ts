// The part of a recipe that says what is trained and how its weights move.

import { z } from 'zod'
import { adaptedModules } from '../model/adapter.ts'
import { adamWDefaults } from '../update/adam-w.ts'
import { loraDefaults } from '../update/lora.ts'

const positive = z.number().positive()
const share = z.number().min(0).max(1)

export const modelSchema = z.strictObject({
  /** A folder, a GGUF file, a Hub name or an alias. */
  reference: z.string().min(1),
  /** What forwards compute in; masters are float32 always. `retool-rl doctor` says which is fastest. */
  dtype: z.enum(['float32', 'bfloat16']).default('bfloat16'),
  /** A built-in chat template's name, or a file with one; the model's own if left out. */
  template: z.string().exactOptional(),
})

export const decaySchema = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('constant') }),
    z.strictObject({ kind: z.literal('linear'), end: share.default(0) }),
    z.strictObject({ kind: z.literal('cosine'), end: share.default(0) }),
  ])
  .default({ kind: 'constant' })

/** Training goes on with an adapter, whose rank, alpha and modules hold. */
const adapterSchema = z.strictObject({
  /** A folder as Python's peft writes it. */
  from: z.string().min(1),
})

const freshLoraSchema = z.strictObject({
  /** Of the two thin matrices. */
  rank: z.int().min(1).default(loraDefaults.rank),
  /** The product is scaled by alpha / rank. */
  alpha: positive.default(loraDefaults.alpha),
  /** Scaled by alpha / sqrt(rank) instead of alpha / rank. */
  rankStabilized: z.boolean().default(loraDefaults.rankStabilized),
  modules: z
    .array(z.enum(adaptedModules))
    .min(1)
    .default([...loraDefaults.modules]),
})

export const learnerSchema = z.strictObject({
  /** The highest learning rate. */
  learningRate: positive.default(1e-6),
  /** Optimizer steps over which the rate rises to its peak. */
  warmUpSteps: z.int().min(0).default(0),
  /** What follows, over all optimizer steps of the run. */
  decay: decaySchema,
  /** Decoupled, of matrices only. */
  weightDecay: z.number().min(0).default(adamWDefaults.weightDecay),
  beta1: share.default(adamWDefaults.beta1),
  beta2: share.default(adamWDefaults.beta2),
  epsilon: positive.default(adamWDefaults.epsilon),
  /** Longest gradient; null for no limit. */
  maxGradientNorm: positive.nullable().default(1),
  /** Most tokens of one forward and backward; decides memory and speed, never the result. */
  microBatchTokens: z.int().min(1).default(4096),
  /** Recompute layers instead of keeping what is inside them: all, none, or as few as memory asks. */
  checkpointActivations: z.union([z.literal('auto'), z.boolean()]).default('auto'),
  /** Null trains all weights. */
  lora: z.union([adapterSchema, freshLoraSchema]).nullable().default(null),
})

export type LearnerRecipe = z.output<typeof learnerSchema>

export const checkpointsSchema = z.strictObject({
  /** Steps between two. */
  every: z.int().min(1).default(10),
  /** How many of the newest stay. */
  newest: z.int().min(1).default(2),
  /** Whether the one of the best evaluation stays as well. */
  best: z.boolean().default(true),
})
