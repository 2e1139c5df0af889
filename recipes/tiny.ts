// The smallest run worth looking at: SmolLM2 on generated arithmetic, a few minutes on two cores.
// Train it after a cold start: `--set model.reference=runs/tiny-sft/model`.

import type { TrainRecipeInput } from '../src/config/train-recipe.ts'

export function recipe(): TrainRecipeInput {
  return {
    seed: 1,
    steps: 4,
    model: { reference: 'smollm2-135m-instruct' },
    problems: [{ from: 'gym:products,gcd', size: 64, seed: 1 }],
    rollout: {
      problemsPerStep: 4,
      groupSize: 4,
      limits: { turns: 3, toolCalls: 2, turnTokens: 96, trajectoryTokens: 640, outputTokens: 64 },
    },
    engine: { cacheTokens: 16_384, maxBatch: 32 },
    advantage: { kind: 'grpo' },
    learner: { learningRate: 2e-5, microBatchTokens: 2048 },
    evaluation: { problems: [{ from: 'gym:products,gcd', size: 8, seed: 2 }], every: 4 },
    checkpoints: { every: 2 },
  }
}
