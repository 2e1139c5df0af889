// The quickstart's numbers, in one place: the whole run, and `--check`, which does the same on a
// fraction of it.

import type { CriticFreeAdvantage } from '../advantage/advantage-estimator.ts'
import { type QuickstartSettings, quickstartDefaults } from '../data/quickstart-mixture.ts'
import type { TrajectoryLimits } from '../rollout/limits.ts'
import type { ComputeDtype } from '../update/trainable-model.ts'

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
    readonly advantage: CriticFreeAdvantage
  }
  readonly limits: Partial<TrajectoryLimits>
  /** Tokens of the engine's cache. */
  readonly cacheTokens: number
  readonly microBatchTokens: number
}

const limits = { turns: 4, toolCalls: 3, turnTokens: 160, trajectoryTokens: 768, outputTokens: 96 }

export const quickstartConfig: QuickstartConfig = {
  model: 'smollm2-135m-instruct',
  dtype: 'bfloat16',
  seed: 1,
  problems: { ...quickstartDefaults, demonstrations: 128, heldOut: 96 },
  coldStart: {
    epochs: 2,
    miniBatchSize: 8,
    learningRate: 3e-4,
    withoutCode: 0.1,
    corrections: 0.05,
  },
  policy: {
    steps: 5,
    problemsPerStep: 8,
    groupSize: 8,
    drawLimit: 1,
    learningRate: 5e-5,
    temperature: 1,
    advantage: { kind: 'grpo' },
  },
  limits,
  cacheTokens: 49_152,
  microBatchTokens: 2048,
}

/** A small fraction of the work: does every stage, proves nothing about learning. */
export const quickstartCheck: QuickstartConfig = {
  ...quickstartConfig,
  problems: { ...quickstartDefaults, demonstrations: 16, train: 24, heldOut: 12 },
  coldStart: { ...quickstartConfig.coldStart, epochs: 1 },
  policy: { ...quickstartConfig.policy, steps: 1, problemsPerStep: 2, groupSize: 4, drawLimit: 1 },
  limits: { ...limits, turnTokens: 64, trajectoryTokens: 512 },
  cacheTokens: 8_192,
}
