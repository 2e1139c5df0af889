// The configuration of `retool-rl sft`: supervised fine-tuning on demonstrations.

import { z } from 'zod'
import { checkpointsSchema, learnerSchema, modelSchema } from './learner-schema.ts'
import type { NoEffectRule } from './no-effect.ts'

const count = z.int().min(1)

export const sftRecipeSchema = z.strictObject({
  seed: z.int().min(0).default(0).describe('Of all randomness of the run.'),
  model: modelSchema,
  demonstrations: z.string().min(1).describe('A file that `retool-rl cold-start` wrote.'),
  tools: z
    .array(z.enum(['interpreter']))
    .default(['interpreter'])
    .describe('What the prompts offer; [] for demonstrations by text alone.'),
  epochs: count.default(2).describe('Times through the demonstrations.'),
  miniBatchSize: count.default(16).describe('Demonstrations behind one optimizer step.'),
  learner: learnerSchema.prefault({}),
  heldOut: z
    .number()
    .min(0)
    .max(0.5)
    .default(0.05)
    .describe('Share of the demonstrations that is kept for the evaluation loss; 0 for none.'),
  evaluateEvery: count.default(20).describe('Optimizer steps between evaluations of the loss.'),
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
