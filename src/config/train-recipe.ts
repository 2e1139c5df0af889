// The configuration of `retool-rl train`: everything that decides a run.

import { z } from 'zod'
import { checkpointsSchema, learnerSchema, modelSchema } from './learner-schema.ts'
import { sourcesSchema } from './problems-schema.ts'
import { advantageSchema, criticSchema, judgeSchema, rewardSchema } from './reward-schema.ts'
import {
  engineSchema,
  interpreterSchema,
  protocolSchema,
  rolloutSchema,
  samplingSchema,
  toolsSchema,
} from './rollout-schema.ts'
import { updateSchema } from './update-schema.ts'

const count = z.int().min(1)

export const trainRecipeSchema = z
  .strictObject({
    /** Decides every draw: problems, sampling, shuffling, adapters. */
    seed: z.int().min(0).default(0),
    /** Rounds of rollout and update. */
    steps: count,
    model: modelSchema,
    problems: sourcesSchema,
    rollout: rolloutSchema.prefault({}),
    /** What the policy may call; [] for text alone, the paper's comparison. */
    tools: toolsSchema,
    /** How calls are spelled: in the paper's tags, for the interpreter alone, or as JSON, for any tools. */
    protocol: protocolSchema,
    interpreter: interpreterSchema.prefault({}),
    engine: engineSchema.prefault({}),
    /** What is paid; ReTool pays +1 for a right answer and -1 for a wrong one. */
    reward: rewardSchema,
    /** For TypeScript recipes: whether an answer is right, in place of mathematical equivalence. */
    judge: judgeSchema,
    /** From rewards to advantages; docs/algorithms.md says which when. */
    advantage: advantageSchema,
    /** Leave out of statistics and loss what a limit ended (overlong filtering). */
    maskTruncated: z.boolean().default(false),
    critic: criticSchema.prefault({}),
    update: updateSchema.prefault({}),
    learner: learnerSchema.prefault({}),
    /** Problems that are never trained on; null for no evaluation. */
    evaluation: z
      .strictObject({
        problems: sourcesSchema,
        /** Steps between evaluations; there is one at the end too. */
        every: count.default(10),
        /** Attempts at each problem. */
        attempts: count.default(1),
        ...samplingSchema,
        temperature: samplingSchema.temperature.unwrap().default(0),
        /** Evaluations without a new best after which the run ends; null goes on. */
        patience: count.nullable().default(null),
      })
      .nullable()
      .default(null),
    checkpoints: checkpointsSchema.prefault({}),
  })
  .superRefine((recipe, context) => {
    const issue = (path: string[], message: string) =>
      context.addIssue({ code: 'custom', path, message })
    if (recipe.rollout.temperature === 0) {
      issue(['rollout', 'temperature'], 'a number above 0: members of a group must differ')
    }
    const { topP, topK, minP } = recipe.rollout
    if (recipe.update.oldLogprobs === 'rollout' && (topP < 1 || topK > 0 || minP > 0)) {
      const why = 'recomputed, since topP, topK or minP change what the engine writes down'
      issue(['update', 'oldLogprobs'], why)
    }
    if (recipe.rollout.staleness > 0 && !correctsStaleness(recipe.update)) {
      const way = '{ kind: truncated, level: token, cap: 2 }'
      issue(['update', 'correction'], `one such as ${way}, since rollout.staleness is 1`)
    }
    if (recipe.protocol === 'retool' && recipe.tools.some((tool) => tool !== 'interpreter')) {
      issue(['protocol'], 'hermes, since the retool protocol knows the interpreter alone')
    }
    if (recipe.rollout.groupSize === 1 && needsGroups(recipe.advantage.kind)) {
      issue(['rollout', 'groupSize'], `at least 2, since ${recipe.advantage.kind} compares members`)
    }
  })

/** The resolved configuration: every key is there, defaults filled in. */
export type TrainRecipe = z.output<typeof trainRecipeSchema>

/** What people write: keys with defaults may be left out. */
export type TrainRecipeInput = z.input<typeof trainRecipeSchema>

function needsGroups(kind: string): boolean {
  return kind !== 'gae' && kind !== 'reinforcePlusPlus'
}

/** With the log-probs of the rollout a ratio is to the policy that sampled; not every loss has one. */
function correctsStaleness({ correction, loss, oldLogprobs }: z.output<typeof updateSchema>) {
  return correction.kind !== 'none' || (oldLogprobs === 'rollout' && loss.kind !== 'policyGradient')
}
