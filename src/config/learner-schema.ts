// The part of a recipe that says what is trained and how its weights move.

import { z } from 'zod'
import { adaptedModules } from '../model/adapter.ts'
import { adamWDefaults } from '../update/adam-w.ts'
import { loraDefaults } from '../update/lora.ts'

const positive = z.number().positive()
const share = z.number().min(0).max(1)

export const modelSchema = z
  .strictObject({
    reference: z.string().min(1).describe('A folder, a GGUF file, a Hub name or an alias.'),
    dtype: z
      .enum(['float32', 'bfloat16'])
      .default('bfloat16')
      .describe('What forwards compute in; masters are float32 always.'),
    template: z
      .string()
      .exactOptional()
      .describe(
        "A built-in chat template's name, or a file with one; the model's own if left out.",
      ),
  })
  .describe('The model that is trained.')

export const decaySchema = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('constant') }),
    z.strictObject({ kind: z.literal('linear'), end: share.default(0) }),
    z.strictObject({ kind: z.literal('cosine'), end: share.default(0) }),
  ])
  .default({ kind: 'constant' })
  .describe(
    'What follows the warm-up, over all optimizer steps of the run; `end` is a share of the peak.',
  )

const adapterSchema = z.strictObject({
  from: z
    .string()
    .min(1)
    .describe("A folder as Python's peft writes it; its rank, alpha and modules hold."),
})

const freshLoraSchema = z.strictObject({
  rank: z.int().min(1).default(loraDefaults.rank).describe('Of the two thin matrices.'),
  alpha: positive.default(loraDefaults.alpha).describe('The product is scaled by alpha / rank.'),
  rankStabilized: z
    .boolean()
    .default(loraDefaults.rankStabilized)
    .describe('Scaled by alpha / sqrt(rank) instead.'),
  modules: z
    .array(z.enum(adaptedModules))
    .min(1)
    .default([...loraDefaults.modules])
    .describe('The linear maps of each layer that get one.'),
})

export const learnerSchema = z
  .strictObject({
    learningRate: positive.default(1e-6).describe('The peak.'),
    warmUpSteps: z
      .int()
      .min(0)
      .default(0)
      .describe('Optimizer steps over which the rate rises to its peak.'),
    decay: decaySchema,
    weightDecay: z.number().min(0).default(adamWDefaults.weightDecay).describe("AdamW's."),
    beta1: share.default(adamWDefaults.beta1).describe("AdamW's."),
    beta2: share.default(adamWDefaults.beta2).describe("AdamW's."),
    epsilon: positive.default(adamWDefaults.epsilon).describe("AdamW's."),
    maxGradientNorm: positive
      .nullable()
      .default(1)
      .describe('Longest gradient; null for no limit.'),
    microBatchTokens: z
      .int()
      .min(1)
      .default(4096)
      .describe(
        'Most tokens of one forward and backward; decides memory and speed, never the result.',
      ),
    checkpointActivations: z
      .boolean()
      .default(false)
      .describe(
        'Compute each layer once more on the way back instead of keeping what is inside it.',
      ),
    lora: z
      .union([adapterSchema, freshLoraSchema])
      .nullable()
      .default(null)
      .describe('Adapters to train, fresh ones or those of a folder; null trains all weights.'),
  })
  .describe('How weights move.')

export type LearnerRecipe = z.output<typeof learnerSchema>

export const checkpointsSchema = z
  .strictObject({
    every: z.int().min(1).default(10).describe('Steps between two.'),
    newest: z.int().min(1).default(2).describe('How many of the newest stay.'),
    best: z
      .boolean()
      .default(true)
      .describe('Whether the one of the best evaluation stays as well.'),
  })
  .describe('From what a run goes on after a stop.')
