// From the words of a recipe to the options of the stages.

import type { LearnerRecipe } from '../config/learner-schema.ts'
import type { RewardRecipe } from '../config/reward-schema.ts'
import type { TrainRecipe } from '../config/train-recipe.ts'
import { fourStages, type Stage } from '../reward/curriculum.ts'
import type { WeightedPart } from '../reward/reward-part.ts'
import { rewardParts } from '../reward/reward-parts.ts'
import type { LearnerOptions } from '../update/learner.ts'
import type { PolicyUpdateOptions } from '../update/policy-update.ts'
import type { TrainingModelOptions } from './training-model.ts'

/** `totalSteps` counts optimizer steps, at most. */
export function learnerOptions(recipe: LearnerRecipe, totalSteps: number): LearnerOptions {
  const { decay, beta1, beta2, epsilon, weightDecay } = recipe
  return {
    learningRate: {
      peak: recipe.learningRate,
      warmUpSteps: recipe.warmUpSteps,
      decay: decay.kind === 'constant' ? decay : { ...decay, totalSteps },
    },
    optimizer: { beta1, beta2, epsilon, weightDecay },
    maxGradientNorm: recipe.maxGradientNorm,
    microBatchTokens: recipe.microBatchTokens,
    checkpointActivations: recipe.checkpointActivations,
  }
}

/** Where the adapters in training come from, if the recipe trains any. */
export function loraStart(
  { lora }: LearnerRecipe,
  seed: number,
): Pick<TrainingModelOptions, 'lora'> {
  if (!lora) return {}
  return { lora: 'from' in lora ? lora : { ...lora, seed } }
}

/** Optimizer steps of the policy, or of the critic, over a whole run. */
export function optimizerSteps(
  { steps, rollout }: Pick<TrainRecipe, 'steps' | 'rollout'>,
  { passes, miniBatchSize }: { readonly passes: number; readonly miniBatchSize: number | null },
): number {
  const batch = rollout.problemsPerStep * rollout.groupSize
  return steps * passes * Math.ceil(batch / (miniBatchSize ?? batch))
}

export function updateOptions({ update, rollout }: TrainRecipe): PolicyUpdateOptions {
  const { loss, aggregation, klLoss, entropyBonus, correction } = update
  const { passes, miniBatchSize, oldLogprobs } = update
  return {
    objective: { loss, aggregation, kl: klLoss, entropyBonus },
    correction,
    passes,
    miniBatchSize,
    temperature: rollout.temperature,
    oldLogprobs,
  }
}

/** The parts, and the curriculum that weighs them where there is one. */
export function rewardStage(recipe: RewardRecipe): {
  readonly parts: readonly WeightedPart[]
  readonly curriculum: readonly Stage[] | null
} {
  if (recipe.kind === 'weighted') {
    return { parts: rewardParts(recipe.parts, ownParts(recipe.own)), curriculum: null }
  }
  const curriculum = fourStages(recipe.stepsPerStage, recipe.reached)
  const names = curriculum.flatMap(({ weights }) => Object.keys(weights))
  const weights = Object.fromEntries([...new Set(names)].map((name) => [name, 0]))
  return { parts: rewardParts(weights), curriculum }
}

function ownParts(own: Extract<RewardRecipe, { kind: 'weighted' }>['own']): WeightedPart[] {
  return Object.entries(own).map(([name, part]) => ({
    weight: part.weight,
    part:
      'value' in part
        ? { name, per: 'trajectory', value: part.value }
        : { name, per: 'group', values: part.values },
  }))
}
