// The part of a recipe that says what is rewarded and how rewards become advantages.

import { z } from 'zod'
import type { Attempt } from '../reward/attempt.ts'
import type { OwnJudge } from '../reward/own-judge.ts'

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

const parts = z.strictObject({
  /** 1 for a right answer, -1 for a wrong one, unless `right` and `wrong` say otherwise. */
  outcome: part({ right: number, wrong: number, partialCredit: flag }),
  /** 1 for an answer in its place and no malformed call, else 0. */
  format: part({
    answerIn: z
      .array(z.enum(['taggedBox', 'tag', 'box', 'number']))
      .min(1)
      .exactOptional(),
  }),
  /** Share of the calls that ended well. */
  codeRuns: part({}),
  /** Share of the characters that are code. */
  codeRatio: part({}),
  /** 1 for code at once, towards 0 for code at the end. */
  codeTiming: part({}),
  /** Calls that were carried out, over `enough`; at most 1. */
  toolUse: part({ enough: count, onlyWhenWrong: flag }),
  /** 1 up to `free` tokens, 0 from `longest` on. */
  length: part({ free: count, longest: count }),
  /** DAPO's soft penalty: 0 up to `limit - buffer`, `-factor` at `limit`. */
  overlong: part({ limit: count, buffer: count, factor: number }),
})

function isFunction(value: unknown): boolean {
  return typeof value === 'function'
}

/** For TypeScript recipes. */
const ownPart = z.union([
  z.strictObject({
    weight,
    /** Looks at one trajectory. */
    value: z.custom<(attempt: Attempt) => number | Promise<number>>(
      isFunction,
      'a function from an attempt to a number',
    ),
  }),
  z.strictObject({
    weight,
    /** Looks at all trajectories of a group together. */
    values: z.custom<
      (attempts: readonly Attempt[]) => readonly number[] | Promise<readonly number[]>
    >(isFunction, 'a function from the attempts of a group to as many numbers'),
  }),
])

const weighted = z
  .strictObject({
    kind: z.literal('weighted').optional().default('weighted'),
    /** Each part a weight, or a weight with options. */
    parts: parts.default({ outcome: 1 }),
    /** For TypeScript recipes: parts of your own, by name, each with a weight and a function. */
    own: z.record(z.string().min(1), ownPart).default({}),
  })
  .refine(
    ({ parts: named, own }) => Object.keys(named).length + Object.keys(own).length > 0,
    'at least one reward part',
  )

export const judgeSchema = z
  .custom<OwnJudge>(isFunction, 'a function from a problem and an answer to whether it is right')
  .exactOptional()

export const rewardSchema = z
  .discriminatedUnion('kind', [
    weighted,
    /** Format, execution, accuracy, refinement, one after the other. */
    z.strictObject({
      kind: z.literal('fourStages'),
      /** How long a stage lasts, or how long what it is about must be `reached`. */
      stepsPerStage: z.int().min(1),
      /** Share of right forms, calls that run, right answers; null goes by steps alone. */
      reached: share.nullable().default(null),
    }),
  ])
  .default({ kind: 'weighted', parts: { outcome: 1 }, own: {} })

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
  /** Of the critic; its other settings are those of `learner`. */
  learningRate: positive.default(2e-6),
  /** Times through the batch. */
  passes: z.int().min(1).default(1),
  /** Trajectories behind one optimizer step; null for all of the batch. */
  miniBatchSize: z.int().min(1).nullable().default(null),
  /** A new value counts only within this distance of the old one; null for no limit. */
  clipRange: positive.nullable().default(0.5),
  /** Steps in which only the critic learns. */
  warmUpSteps: z.int().min(0).default(0),
})
