// The quickstart's numbers, in one place: the whole run, and `--check`, which does the same on a
// fraction of it.

import type { CriticFreeAdvantage, GaeAdvantage } from '../advantage/advantage-estimator.ts'
import { type QuickstartSettings, quickstartDefaults } from '../data/quickstart-mixture.ts'
import type { RewardOptions } from '../reward/reward-parts.ts'
import type { TrajectoryLimits } from '../rollout/limits.ts'
import type { CriticUpdateOptions } from '../update/critic.ts'
import { type LearnerOptions, learnerDefaults } from '../update/learner.ts'
import type { ComputeDtype } from '../update/trainable-model.ts'
import { type QuickstartAlgorithm, quickstartAlgorithms } from './quickstart-algorithms.ts'

export interface QuickstartConfig {
  readonly model: string
  readonly dtype: ComputeDtype
  readonly seed: number
  readonly problems: QuickstartSettings
  readonly coldStart: {
    readonly epochs: number
    readonly miniBatchSize: number
    readonly learningRate: number
    /** Share of demonstrations that answer by text alone, and that keep an error and its mending. */
    readonly withoutCode: number
    readonly corrections: number
  }
  readonly policy: {
    readonly steps: number
    readonly problemsPerStep: number
    readonly groupSize: number
    readonly drawLimit: number
    readonly learningRate: number
    readonly temperature: number
    readonly reward: RewardOptions
    readonly advantage: CriticFreeAdvantage | GaeAdvantage
    /** Whether a step repeats bit for bit however fast programs run; it then waits for the slowest. */
    readonly repeatable: boolean
  }
  /** Of PPO. Warm-up steps are among the policy's. */
  readonly critic: CriticUpdateOptions & {
    readonly learningRate: number
    readonly warmUpSteps: number
  }
  readonly limits: Partial<TrajectoryLimits>
  /** Tokens of the engine's cache. */
  readonly cacheTokens: number
  readonly microBatchTokens: number
}

const limits = {
  turns: 4,
  toolCalls: 3,
  turnTokens: 160,
  trajectoryTokens: 768,
  outputTokens: 96,
  // A day: a machine that sleeps or is busy meanwhile makes no answer wrong.
  wallTimeMs: 86_400_000,
}

export const quickstartConfig: QuickstartConfig = {
  model: 'smollm2-135m-instruct',
  dtype: 'bfloat16',
  seed: 1,
  problems: { ...quickstartDefaults, demonstrations: 128, heldOut: 160 },
  coldStart: {
    epochs: 2,
    miniBatchSize: 8,
    learningRate: 3e-4,
    withoutCode: 0.1,
    corrections: 0.05,
  },
  policy: {
    steps: 8,
    problemsPerStep: 8,
    groupSize: 8,
    drawLimit: 1,
    learningRate: 5e-5,
    temperature: 1,
    reward: { outcome: 1 },
    advantage: { kind: 'grpo' },
    repeatable: true,
  },
  critic: { learningRate: 3e-5, warmUpSteps: 1, passes: 2, miniBatchSize: 16, clipRange: 0.5 },
  limits,
  cacheTokens: 49_152,
  microBatchTokens: 2048,
}

/** A small fraction of the work: does every stage, proves nothing about learning. */
export const quickstartCheck: QuickstartConfig = {
  ...quickstartConfig,
  problems: { ...quickstartDefaults, demonstrations: 16, train: 24, heldOut: 8 },
  coldStart: { ...quickstartConfig.coldStart, epochs: 1, miniBatchSize: 4 },
  policy: { ...quickstartConfig.policy, steps: 1, problemsPerStep: 2, groupSize: 4, drawLimit: 1 },
  limits: { ...limits, turnTokens: 64, trajectoryTokens: 512 },
  cacheTokens: 8_192,
}

/** What a person chooses; the rest of the configuration follows from it. */
export interface QuickstartChoice {
  readonly check: boolean
  readonly seed: number
  readonly algorithm: QuickstartAlgorithm
  readonly dtype: ComputeDtype
}

export function chosenQuickstart(choice: QuickstartChoice): QuickstartConfig {
  const { check, seed, algorithm, dtype } = choice
  const { policy, ...rest } = check ? quickstartCheck : quickstartConfig
  return { ...rest, seed, dtype, policy: { ...policy, advantage: quickstartAlgorithms[algorithm] } }
}

/** A learner at a constant rate. */
export function stageOptions(config: QuickstartConfig, peak: number): LearnerOptions {
  return {
    ...learnerDefaults,
    microBatchTokens: config.microBatchTokens,
    learningRate: { peak, warmUpSteps: 0, decay: { kind: 'constant' } },
  }
}
