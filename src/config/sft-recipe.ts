// The configuration of `retool-rl sft`: supervised fine-tuning on demonstrations.

import { z } from 'zod'
import { checkpointsSchema, learnerSchema, modelSchema } from './learner-schema.ts'
import type { NoEffectRule } from './no-effect.ts'

const count = z.int().min(1)

export const sftRecipeSchema = z.strictObject({
  /** Decides the order of the demonstrations and how adapters begin. */
  seed: z.int().min(0).default(0),
  model: modelSchema,
  /** A file that `retool-rl cold-start` wrote. */
  demonstrations: z.string().min(1),
  /** What the prompts offer; [] for demonstrations by text alone. */
  tools: z.array(z.enum(['interpreter'])).default(['interpreter']),
  /** Times through the demonstrations. */
  epochs: count.default(2),
  /** Demonstrations behind one optimizer step. */
  miniBatchSize: count.default(16),
  learner: learnerSchema.prefault({}),
  /** Share of the demonstrations that is kept for the evaluation loss; 0 for none. */
  heldOut: z.number().min(0).max(0.5).default(0.05),
  /** Optimizer steps between evaluations of the loss. */
  evaluateEvery: count.default(20),
  checkpoints: checkpointsSchema.prefault({}),
})

export type SftRecipe = z.output<typeof sftRecipeSchema>

/** What somebody may set although it counts for nothing. */
export const sftRecipeRules: readonly NoEffectRule<SftRecipe>[] = [
  ['evaluateEvery'],
  ['checkpoints', 'best'],
].map((path) => ({
  path,
  ineffective: ({ heldOut }: SftRecipe) => heldOut === 0,
  because: 'heldOut is 0: no loss is evaluated',
}))
