// From the options of `ReToolTrainer` to the model and the steps that `rl.ts` runs.

import { advantageEstimator } from '../advantage/advantage-estimator.ts'
import type { OpenModel } from '../policy/open-model.ts'
import type { AttemptReader } from '../reward/attempt.ts'
import { outcome, outcomeDefaults } from '../reward/parts/outcome.ts'
import type { WeightedPart } from '../reward/reward-part.ts'
import { rewarder } from '../reward/rewarder.ts'
import type { Tool } from '../tool/tool.ts'
import type { Correction } from '../update/correction.ts'
import { learnerDefaults } from '../update/learner.ts'
import { type LoraOptions, loraDefaults } from '../update/lora.ts'
import { type PolicyObjective, policyObjectiveDefaults } from '../update/policy-objective.ts'
import { policyUpdateDefaults } from '../update/policy-update.ts'
import { datasetSource } from './dataset-source.ts'
import type { PolicyStage } from './policy-step.ts'
import {
  type ReToolTrainerOptions,
  type RewardFunction,
  type TrainerArguments,
  trainerDefaults,
} from './retool-trainer-options.ts'
import { StreamFeed } from './stream-feed.ts'
import { type TrainingModel, trainingModel } from './training-model.ts'

export function argumentsOf({ args }: ReToolTrainerOptions): TrainerArguments {
  return { ...trainerDefaults, ...args }
}

export function loraOf({ lora }: ReToolTrainerOptions): LoraOptions | null {
  return lora ? { ...loraDefaults, ...lora } : null
}

export function modelInTraining(
  opened: OpenModel,
  options: ReToolTrainerOptions,
  tools: readonly Tool[],
): TrainingModel {
  const { learningRate, warmUpSteps, maxGradientNorm, weightDecay, ...args } = argumentsOf(options)
  const { cacheTokens, microBatchTokens, dtype, seed } = args
  const lora = loraOf(options)
  return trainingModel(opened, {
    dtype,
    tools,
    ...(options.protocol && { protocol: options.protocol }),
    engine: { cacheTokens },
    ...(lora && { lora: { ...lora, seed } }),
    withReference: (options.klCoefficient ?? 0) > 0,
    learner: {
      ...learnerDefaults,
      learningRate: { peak: learningRate, warmUpSteps, decay: { kind: 'constant' } },
      optimizer: { ...learnerDefaults.optimizer, weightDecay },
      maxGradientNorm,
      microBatchTokens,
    },
  })
}

export function trainerStage(
  options: ReToolTrainerOptions,
  model: TrainingModel,
  reader: AttemptReader,
): PolicyStage {
  const { temperature = 0.7, topP = 1, topK = 0, minP = 0, maxTurns = 10 } = options
  const { maxCompletionLength = 1024, maskTruncatedCompletions = false, overrides } = options
  const { numGenerations = 8, signal } = options
  const { seed, passes, miniBatchSize, problemsPerStep, staleness, shuffleBuffer } =
    argumentsOf(options)
  const source = datasetSource('train', options.trainDataset)
  const filter = { maskTruncated: maskTruncatedCompletions }
  return {
    learner: model.learner,
    engine: model.engine,
    feed: new StreamFeed(source, { seed, shuffleBuffer }),
    rollout: {
      ...model.spelling,
      sampling: { temperature, topP, topK, minP },
      stopTokens: model.stopTokens,
      limits: { turns: maxTurns, toolCalls: maxTurns, turnTokens: maxCompletionLength },
      groupSize: numGenerations,
      seed,
      ...(signal && { signal }),
    },
    reward: overrides?.reward ?? rewarder(partsOf(options, reader), reader),
    advantage: overrides?.advantage ?? advantageEstimator({ kind: 'grpo' }, filter),
    ...(overrides?.generate && { generate: overrides.generate }),
    ...(overrides?.mask && { mask: overrides.mask }),
    ...(overrides?.loss && { improve: overrides.loss(model.learner) }),
    update: {
      ...policyUpdateDefaults,
      objective: objectiveOf(options),
      correction: staleness === 1 ? truncated : { kind: 'none' },
      passes,
      miniBatchSize,
      temperature,
    },
    problemsPerStep,
    drawLimit: 1,
    repeatable: true,
    staleness,
    seed,
  }
}

const truncated: Correction = { kind: 'truncated', level: 'token', cap: 2 }

function objectiveOf({ clipRange, klCoefficient = 0 }: ReToolTrainerOptions): PolicyObjective {
  const loss = { kind: 'clipped', clipRange: clipRange ?? symmetric, dualClip: null } as const
  const kl = { estimator: 'k3', straight: false, coefficient: klCoefficient } as const
  return { ...policyObjectiveDefaults, loss, kl: klCoefficient > 0 ? kl : null }
}

const symmetric = { low: 0.2, high: 0.2 }

function partsOf(
  { rewardFunctions }: ReToolTrainerOptions,
  { decode }: AttemptReader,
): readonly WeightedPart[] {
  if (!rewardFunctions) return [{ part: outcome(outcomeDefaults), weight: 1 }]
  return rewardFunctions.map((given: RewardFunction, index) => ({
    weight: 1,
    part: {
      name: given.name === '' ? `reward-${index}` : given.name,
      per: 'trajectory',
      value: ({ problem, trajectory, turns, answer, judgement }) =>
        given({
          prompt: problem.question,
          completion: trajectory.segments
            .slice(1)
            .map(({ tokens }) => decode(tokens))
            .join(''),
          turns,
          reference: problem.answer,
          answer,
          isCorrect: judgement.correct,
          trajectory,
        }),
    },
  }))
}
