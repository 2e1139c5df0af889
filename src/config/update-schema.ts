// The part of a recipe that says how the policy is updated on a batch.

import { z } from 'zod'
import { type ClipRange, policyLossDefaults } from '../update/policy-loss.ts'

const positive = z.number().positive()
const symmetric = { low: 0.2, high: 0.2 }
const estimator = z.enum(['k1', 'k2', 'k3'])
const level = z.enum(['token', 'sequence'])

/** The ratio counts only within 1 - low and 1 + high. */
function clipRange(usual: ClipRange) {
  return z
    .strictObject({ low: positive.default(usual.low), high: positive.default(usual.high) })
    .default(usual)
}

const lossSchema = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('clipped').optional().default('clipped'),
      clipRange: clipRange(policyLossDefaults.clipRange),
      dualClip: z.number().gt(1).nullable().default(policyLossDefaults.dualClip),
    }),
    z.strictObject({
      kind: z.literal('gspo'),
      clipRange: clipRange({ low: 3e-4, high: 4e-4 }),
    }),
    z.strictObject({ kind: z.literal('cispo'), clipRange: clipRange(symmetric) }),
    z.strictObject({ kind: z.literal('policyGradient') }),
  ])
  .default({ kind: 'clipped', ...policyLossDefaults })

const aggregationSchema = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('tokenMean') }),
    z.strictObject({ kind: z.literal('sequenceMeanTokenMean') }),
    z.strictObject({ kind: z.literal('sequenceMeanTokenSum') }),
    z.strictObject({ kind: z.literal('sequenceMeanTokenSumNorm'), length: z.int().min(1) }),
  ])
  .default({ kind: 'tokenMean' })

const correctionSchema = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('none') }),
    z.strictObject({ kind: z.literal('truncated'), level, cap: positive }),
    z.strictObject({ kind: z.literal('icePop'), level, low: positive, high: positive }),
    z.strictObject({ kind: z.literal('rejection'), estimator, most: positive }),
  ])
  .default({ kind: 'none' })

const coefficient = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('fixed'), value: positive }),
  z.strictObject({
    kind: z.literal('adaptive'),
    value: positive,
    target: positive,
    horizon: positive,
  }),
])

export const updateSchema = z.strictObject({
  /** The policy loss; docs/algorithms.md has the formulas. */
  loss: lossSchema,
  /** From token losses to the loss of a mini-batch. */
  aggregation: aggregationSchema,
  /** A KL estimate to the reference policy, added to the loss; null for none. */
  klLoss: z
    .strictObject({
      estimator: estimator.default('k3'),
      /** The value of the estimate with the gradient of k2. */
      straight: z.boolean().default(false),
      coefficient: positive,
    })
    .nullable()
    .default(null),
  /** A KL estimate taken off the token rewards; null for none. */
  klPenalty: z
    .strictObject({ estimator: estimator.default('k1'), coefficient })
    .nullable()
    .default(null),
  /** Times the mean entropy, taken off the loss. */
  entropyBonus: z.number().min(0).default(0),
  /** Weights for what another sampler, or an older policy, wrote. */
  correction: correctionSchema,
  /** Times through the batch. */
  passes: z.int().min(1).default(1),
  /** Trajectories behind one optimizer step; null for all of the batch. */
  miniBatchSize: z.int().min(1).nullable().default(null),
  /** `rollout` takes the log-probs that the engine wrote down and saves a forward. */
  oldLogprobs: z.enum(['recomputed', 'rollout']).default('recomputed'),
})
