// Everything that decides a run. `npx retool-rl recipe show recipe.ts` prints all of it.

import type { TrainRecipeInput } from 'retool-rl'
import { asksWell } from './src/asks-well.ts'
import { daysBetween } from './src/days-between.ts'
import { problems } from './src/problems.ts'

export function recipe(): TrainRecipeInput {
  return {
    seed: 1,
    steps: 4,
    model: { reference: 'smollm2-135m-instruct' },
    tools: [daysBetween],
    protocol: 'hermes',
    problems: [{ own: () => problems(64, 1), name: 'days' }],
    rollout: {
      problemsPerStep: 4,
      groupSize: 4,
      limits: { turns: 3, toolCalls: 2, turnTokens: 96, trajectoryTokens: 768, outputTokens: 32 },
    },
    engine: { cacheTokens: 16_384, maxBatch: 32 },
    reward: {
      kind: 'weighted',
      parts: { outcome: 1, length: { weight: 0.1, longest: 512 } },
      own: { asksWell: { weight: 0.5, value: asksWell } },
    },
    learner: { learningRate: 2e-5, microBatchTokens: 2048 },
    evaluation: { problems: [{ own: () => problems(8, 2), name: 'days' }], every: 4 },
    checkpoints: { every: 2 },
  }
}
