// The part of a recipe that says what is rewarded and how rewards become advantages.

import { z } from 'zod'

const weight = z.number()
const share = z.number().min(0).max(1)
const positive = z.number().positive()

/** A weight alone, or a weight with the part's own options. */
function part<Shape extends z.core.$ZodLooseShape>(options: Shape) {
  return z.union([weight, z.strictObject({ weight, ...options })]).exactOptional()
}

const count = z.int().min(0).exactOptional()
const number = z.number().exactOptional()
const flag = z.boolean().exactOptional()

const parts = z
  .strictObject({
    outcome: part({ right: number, wrong: number, partialCredit: flag }),
    format: part({
      answerIn: z
        .array(z.enum(['taggedBox', 'tag', 'box', 'number']))
        .min(1)
        .exactOptional(),
    }),
    codeRuns: part({}),
    codeRatio: part({}),
    codeTiming: part({}),
    toolUse: part({ enough: count, onlyWhenWrong: flag }),
    length: part({ free: count, longest: count }),
    overlong: part({ limit: count, buffer: count, factor: number }),
  })
  .refine((given) => Object.keys(given).length > 0, 'at least one reward part')

export const rewardSchema = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('weighted'), parts }),
    /** Format, execution, accuracy, refinement, one after the other. */
    z.strictObject({ kind: z.literal('fourStages'), stepsPerStage: z.int().min(1) }),
  ])
  .default({ kind: 'weighted', parts: { outcome: 1 } })

export type RewardRecipe = z.output<typeof rewardSchema>

const gamma = share.default(1)

export const advantageSchema = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('grpo') }),
    z.strictObject({ kind: z.literal('drGrpo') }),
    z.strictObject({ kind: z.literal('rloo') }),
    z.strictObject({ kind: z.literal('opo') }),
    z.strictObject({ kind: z.literal('reinforcePlusPlusBaseline') }),
    z.strictObject({ kind: z.literal('reinforcePlusPlus'), gamma }),
    /** PPO's, with a critic. */
    z.strictObject({ kind: z.literal('gae'), gamma, lambda: share.default(1) }),
  ])
  .default({ kind: 'grpo' })

export const criticSchema = z.strictObject({
  learningRate: positive.default(2e-6),
  passes: z.int().min(1).default(1),
  miniBatchSize: z.int().min(1).nullable().default(null),
  /** A new value counts only within this distance of the old one; null for no limit. */
  clipRange: positive.nullable().default(0.5),
  /** Steps in which only the critic learns. */
  warmUpSteps: z.int().min(0).default(0),
})
