// The part of a recipe that says what is rewarded and how rewards become advantages.

import { z } from 'zod'
import type { Attempt } from '../reward/attempt.ts'
import type { OwnJudge } from '../reward/own-judge.ts'

const weight = z.number()
const share = z.number().min(0).max(1)
const positive = z.number().positive()

/** A weight alone, or a weight with the part's own options. */
function part<Shape extends z.core.$ZodLooseShape>(what: string, options: Shape) {
  return z
    .union([weight, z.strictObject({ weight, ...options })])
    .exactOptional()
    .describe(`${what} A weight, or a weight with options.`)
}

const count = z.int().min(0).exactOptional()
const number = z.number().exactOptional()
const flag = z.boolean().exactOptional()

const parts = z.strictObject({
  outcome: part(
    '1 for a right answer, -1 for a wrong one, unless `right` and `wrong` say otherwise.',
    {
      right: number,
      wrong: number,
      partialCredit: flag,
    },
  ),
  format: part('1 for an answer in its place and no malformed call, else 0.', {
    answerIn: z
      .array(z.enum(['taggedBox', 'tag', 'box', 'number']))
      .min(1)
      .exactOptional(),
  }),
  codeRuns: part('Share of the calls that ended well.', {}),
  codeRatio: part('Share of the characters that are code.', {}),
  codeTiming: part('1 for code at once, towards 0 for code at the end.', {}),
  toolUse: part('Calls that were carried out, over `enough`; at most 1.', {
    enough: count,
    onlyWhenWrong: flag,
  }),
  length: part('Shorter responses: 1 up to `free` tokens, 0 from `longest` on.', {
    free: count,
    longest: count,
  }),
  overlong: part("DAPO's soft penalty: 0 up to `limit - buffer`, `-factor` at `limit`.", {
    limit: count,
    buffer: count,
    factor: number,
  }),
})

function isFunction(value: unknown): boolean {
  return typeof value === 'function'
}

const ownPart = z.union([
  z.strictObject({
    weight,
    value: z.custom<(attempt: Attempt) => number | Promise<number>>(
      isFunction,
      'a function from an attempt to a number',
    ),
  }),
  z.strictObject({
    weight,
    values: z.custom<
      (attempts: readonly Attempt[]) => readonly number[] | Promise<readonly number[]>
    >(isFunction, 'a function from the attempts of a group to as many numbers'),
  }),
])

const weighted = z
  .strictObject({
    kind: z.literal('weighted').optional().default('weighted'),
    parts: parts.default({ outcome: 1 }),
    own: z
      .record(z.string().min(1), ownPart)
      .default({})
      .describe(
        'Parts of your own, by name: `{ weight, value }` for each trajectory, `{ weight, values }` for a group together. For TypeScript recipes.',
      ),
  })
  .refine(
    ({ parts: named, own }) => Object.keys(named).length + Object.keys(own).length > 0,
    'at least one reward part',
  )

const fourStages = z
  .strictObject({
    kind: z.literal('fourStages'),
    stepsPerStage: z.int().min(1).describe('Most steps of each of the four.'),
  })
  .describe('Format, execution, accuracy, refinement, one after the other.')

export const rewardSchema = z
  .discriminatedUnion('kind', [weighted, fourStages])
  .prefault({})
  .describe('What is rewarded: a weighted sum of parts, or a curriculum of four stages.')

export type RewardRecipe = z.output<typeof rewardSchema>

export const judgeSchema = z
  .custom<OwnJudge>(isFunction, 'a function from a problem and an answer to whether it is right')
  .exactOptional()
  .describe(
    'Says whether an answer is right, in place of mathematical equivalence. For TypeScript recipes.',
  )

const gamma = share.default(1).describe('Discount per token.')

export const advantageSchema = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('grpo') }),
    z.strictObject({ kind: z.literal('drGrpo') }),
    z.strictObject({ kind: z.literal('rloo') }),
    z.strictObject({ kind: z.literal('opo') }),
    z.strictObject({ kind: z.literal('reinforcePlusPlusBaseline') }),
    z.strictObject({ kind: z.literal('reinforcePlusPlus'), gamma }),
    z.strictObject({
      kind: z.literal('gae'),
      gamma,
      lambda: share.default(1).describe('Decay per token.'),
    }),
  ])
  .default({ kind: 'grpo' })
  .describe("How rewards become advantages; `gae` is PPO's, with a critic.")

export const criticSchema = z
  .strictObject({
    learningRate: positive.default(2e-6),
    passes: z.int().min(1).default(1).describe('Times through the batch.'),
    miniBatchSize: z
      .int()
      .min(1)
      .nullable()
      .default(null)
      .describe('Trajectories behind one optimizer step; null for all of the batch.'),
    clipRange: positive
      .nullable()
      .default(0.5)
      .describe('A new value counts only within this distance of the old one; null for no limit.'),
    warmUpSteps: z.int().min(0).default(0).describe('Steps in which only the critic learns.'),
  })
  .describe('The critic of the advantage `gae`.')
