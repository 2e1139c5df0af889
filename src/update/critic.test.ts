import { expect, test } from 'vitest'
import { expectNoTensorsLeft } from '../../test/no-tensors-left.ts'
import type { Credited } from '../advantage/advantage.ts'
import { RandomStream } from '../base/random.ts'
import type { Segment } from '../trajectory/segment.ts'
import { adamWDefaults } from './adam-w.ts'
import { trainingSequence } from './batch.ts'
import { Critic, criticUpdateDefaults } from './critic.ts'
import { sharedWeights } from './fixtures/shared-weights.ts'
import { tinyConfig } from './fixtures/tiny-model.ts'
import { type LearnerOptions, learnerDefaults } from './learner.ts'

expectNoTensorsLeft()
const weights = sharedWeights()

const options: LearnerOptions = {
  ...learnerDefaults,
  learningRate: { peak: 1e-2, warmUpSteps: 0, decay: { kind: 'constant' } },
  optimizer: { ...adamWDefaults, weightDecay: 0 },
}

/** Two trajectories that begin alike; the first is worth 1 throughout, the second -1. */
const credited: Credited[] = [1, -1].map((worth) => {
  const segments: Segment[] = [
    { author: 'context', tokens: [1, 2] },
    { author: 'policy', tokens: worth > 0 ? [3, 4, 5] : [6, 7, 8], logprobs: [-1, -1, -1] },
  ]
  const stop = { kind: 'answered' } as const
  return {
    trajectory: { id: 't', problemId: 'p', segments, stop, policyVersion: 0, durationMs: 1 },
    reward: { total: worth, parts: {}, correct: worth > 0 },
    advantages: new Float32Array(5),
    returns: Float32Array.of(0, 0, worth, worth, worth),
  }
})
const sequences = credited.map(({ trajectory }) => trainingSequence(trajectory))
const unclipped = { ...criticUpdateDefaults, clipRange: null }

function fitted(microBatchTokens: number, checkpointActivations: boolean, steps: number) {
  const all = { ...options, microBatchTokens, checkpointActivations }
  using critic = new Critic({ config: tinyConfig, weights }, 'float32', all)
  const losses: number[] = []
  for (let step = 0; step < steps; step++) {
    const shuffle = RandomStream.named(step, 'critic')
    losses.push(critic.fit(credited, critic.values(sequences), unclipped, shuffle).loss)
  }
  return { losses, values: critic.values(sequences).map((row) => [...row]) }
}

test('a fresh critic values everything at zero and learns what follows which token', () => {
  const { losses, values } = fitted(1000, false, 60)
  expect(losses[0]).toBeCloseTo(0.5, 6)
  expect(losses.at(-1)).toBeLessThan(0.2)
  // Before the first policy token both are alike: the mean. After it they are told apart.
  expect(values[0]?.slice(0, 2)).toEqual([0, 0])
  expect(values[0]?.[2]).toBeCloseTo(values[1]?.[2] ?? Number.NaN, 5)
  expect(Math.abs(values[0]?.[2] ?? 9)).toBeLessThan(0.3)
  expect(values[0]?.[4]).toBeGreaterThan(0.7)
  expect(values[1]?.[4]).toBeLessThan(-0.7)
})

test('neither micro-batches nor checkpointing change what is learned', () => {
  const whole = fitted(1000, false, 3)
  const cut = fitted(1, true, 3)
  cut.values.flat().forEach((value, i) => {
    expect(value).toBeCloseTo(whole.values.flat()[i] ?? Number.NaN, 4)
  })
})

test('value clipping bounds how far one update may pull', () => {
  using critic = new Critic({ config: tinyConfig, weights }, 'float32', options)
  const passes = { ...criticUpdateDefaults, passes: 12, clipRange: 0.05 }
  const old = critic.values(sequences)
  const report = critic.fit(credited, old, passes, RandomStream.named(1, 'critic'))
  expect(report.optimizerSteps).toBe(12)
  expect(report.clippedFraction).toBeGreaterThan(0)
  const saved = critic.state()
  using other = new Critic({ config: tinyConfig, weights }, 'float32', options)
  other.restore(saved)
  expect(other.values(sequences)).toEqual(critic.values(sequences))
})
