// The part of a recipe that says how the policy is updated on a batch.

import { z } from 'zod'
import { type ClipRange, policyLossDefaults } from '../update/policy-loss.ts'

const positive = z.number().positive()
const symmetric = { low: 0.2, high: 0.2 }
const estimator = z.enum(['k1', 'k2', 'k3'])
const level = z.enum(['token', 'sequence'])

function clipRange(usual: ClipRange) {
  return z
    .strictObject({ low: positive.default(usual.low), high: positive.default(usual.high) })
    .prefault({})
    .describe('The ratio counts only within 1 - low and 1 + high.')
}

const lossSchema = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('clipped').optional().default('clipped'),
      clipRange: clipRange(policyLossDefaults.clipRange),
      dualClip: z
        .number()
        .gt(1)
        .nullable()
        .default(policyLossDefaults.dualClip)
        .describe("Bound for negative advantages, in multiples of the advantage's size."),
    }),
    z.strictObject({
      kind: z.literal('gspo'),
      clipRange: clipRange({ low: 3e-4, high: 4e-4 }),
    }),
    z.strictObject({ kind: z.literal('cispo'), clipRange: clipRange(symmetric) }),
    z.strictObject({ kind: z.literal('policyGradient') }),
  ])
  .prefault({})
  .describe("The policy loss; `clipped` is PPO's.")

const aggregationSchema = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('tokenMean') }),
    z.strictObject({ kind: z.literal('sequenceMeanTokenMean') }),
    z.strictObject({ kind: z.literal('sequenceMeanTokenSum') }),
    z.strictObject({ kind: z.literal('sequenceMeanTokenSumNorm'), length: z.int().min(1) }),
  ])
  .default({ kind: 'tokenMean' })
  .describe('From token losses to one number.')

const correctionSchema = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('none') }),
    z.strictObject({ kind: z.literal('truncated'), level, cap: positive }),
    z.strictObject({ kind: z.literal('icePop'), level, low: positive, high: positive }),
    z.strictObject({ kind: z.literal('rejection'), estimator, most: positive }),
  ])
  .default({ kind: 'none' })
  .describe("For a sampler whose log-probs differ from the learner's.")

const coefficient = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('fixed'), value: positive }),
    z.strictObject({
      kind: z.literal('adaptive'),
      value: positive,
      target: positive,
      horizon: positive,
    }),
  ])
  .describe('Fixed, or steered towards a target.')

export const updateSchema = z
  .strictObject({
    loss: lossSchema,
    aggregation: aggregationSchema,
    klLoss: z
      .strictObject({
        estimator: estimator.default('k3'),
        straight: z
          .boolean()
          .default(false)
          .describe('Take the gradient of k2 in place of its own.'),
        coefficient: positive,
      })
      .nullable()
      .default(null)
      .describe('A KL estimate to the reference policy, added to the loss; null for none.'),
    klPenalty: z
      .strictObject({ estimator: estimator.default('k1'), coefficient })
      .nullable()
      .default(null)
      .describe('A KL estimate taken off the token rewards; null for none.'),
    entropyBonus: z
      .number()
      .min(0)
      .default(0)
      .describe('Times the mean entropy, taken off the loss.'),
    correction: correctionSchema,
    passes: z.int().min(1).default(1).describe('Times through the batch.'),
    miniBatchSize: z
      .int()
      .min(1)
      .nullable()
      .default(null)
      .describe('Trajectories behind one optimizer step; null for all of the batch.'),
    oldLogprobs: z
      .enum(['recomputed', 'rollout'])
      .default('recomputed')
      .describe("`rollout` saves a forward and takes the engine's log-probs for the old ones."),
  })
  .describe('How the policy is updated on a batch.')
