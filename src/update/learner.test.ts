import { expect, test } from 'vitest'
import { expectNoTensorsLeft } from '../../test/no-tensors-left.ts'
import type { Credited } from '../advantage/advantage.ts'
import { RandomStream } from '../base/random.ts'
import { Generator } from '../tensor/generator.ts'
import { readFloats } from '../tensor/transfer.ts'
import type { Segment } from '../trajectory/segment.ts'
import { adamWDefaults } from './adam-w.ts'
import { sharedWeights } from './fixtures/shared-weights.ts'
import { tinyConfig } from './fixtures/tiny-model.ts'
import { tinySequences } from './fixtures/tiny-sequences.ts'
import { Learner, type LearnerOptions, learnerDefaults } from './learner.ts'
import { freshAdapters } from './lora.ts'
import { policyObjectiveDefaults } from './policy-objective.ts'
import { policyUpdateDefaults } from './policy-update.ts'
import { adapterTrainable, frozenCopy, fullyTrainable } from './trainable-model.ts'

const sequences = tinySequences()
expectNoTensorsLeft()
const weights = sharedWeights()

const options: LearnerOptions = {
  ...learnerDefaults,
  learningRate: { peak: 3e-3, warmUpSteps: 0, decay: { kind: 'constant' } },
  optimizer: { ...adamWDefaults, weightDecay: 0 },
}

/** A context token, then the policy's, of a sampled trajectory. */
function credited(
  tokens: readonly number[],
  advantage: number,
  logprobs: readonly number[],
): Credited {
  const segments: Segment[] = [
    { author: 'context', tokens: [1] },
    { author: 'policy', tokens, logprobs },
  ]
  const trajectory = {
    id: 't',
    problemId: 'p',
    segments,
    stop: { kind: 'answered' },
    policyVersion: 0,
    durationMs: 1,
  } as const
  const advantages = Float32Array.from([0, ...tokens.map(() => advantage)])
  return { trajectory, reward: { total: 0, parts: {}, correct: null }, advantages, returns: null }
}

test.each(['float32', 'bfloat16'] as const)(
  'imitation in %s learns its demonstrations',
  (dtype) => {
    using learner = new Learner(fullyTrainable(tinyConfig, weights, dtype), options)
    const first = learner.imitate(sequences).loss
    expect(learner.imitationLoss(sequences)).toBeLessThan(first)
    for (let step = 0; step < 40; step++) learner.imitate(sequences)
    expect(learner.imitationLoss(sequences)).toBeLessThan(first / 4)
    expect(learner.steps).toBe(41)
  },
)

test('reinforcement moves probability from bad to good trajectories, and reports', () => {
  using learner = new Learner(fullyTrainable(tinyConfig, weights, 'float32'), options)
  const probability = (tokens: readonly number[]) => {
    const { logprobs } = learner.score([{ tokens: [1, ...tokens], mask: [0, 1, 1] }], 1)
    return logprobs[0] ?? new Float32Array(0)
  }
  const [good, bad] = [
    [3, 4],
    [5, 6],
  ]
  const before = { good: probability(good), bad: probability(bad) }
  const batch = [
    credited(good, 1, [...before.good].slice(1)),
    credited(bad, -1, [...before.bad].slice(1)),
  ]
  const report = learner.improve(batch, policyUpdateDefaults, RandomStream.named(1, 'shuffle'))
  const sum = (row: Float32Array) => row.reduce((total, value) => total + value, 0)
  expect(sum(probability(good))).toBeGreaterThan(sum(before.good))
  expect(sum(probability(bad))).toBeLessThan(sum(before.bad))
  expect(report).toMatchObject({
    optimizerSteps: 1,
    trajectories: 2,
    tokens: 4,
    clippedFraction: 0,
  })
  expect(report.loss).toBeCloseTo(0, 6)
  expect(report.meanRatio).toBeCloseTo(1, 6)
  expect(report.samplingGap?.largest).toBeLessThan(1e-5)
  expect(report.entropy).toBeGreaterThan(0)
})

test('passes and mini-batches: old log-probs are those before the first optimizer step', () => {
  using learner = new Learner(fullyTrainable(tinyConfig, weights, 'float32'), options)
  const batch = [1, -1, 0.5].map((advantage, i) => credited([i + 2, i + 3], advantage, [-3, -3]))
  const twice = { ...policyUpdateDefaults, passes: 2, miniBatchSize: 2 }
  const report = learner.improve(batch, twice, RandomStream.named(1, 'shuffle'))
  expect(report).toMatchObject({ optimizerSteps: 4, trajectories: 3, tokens: 12 })
  expect(report.meanRatio).not.toBe(1)
  expect(learner.steps).toBe(4)
})

test('a NaN stops the update before weights or moments are touched', () => {
  using learner = new Learner(fullyTrainable(tinyConfig, weights, 'float32'), options)
  const numbers = () =>
    [...learner.state().tensors.values()].map((tensor) => [...readFloats(tensor)])
  const before = numbers()
  const batch = [credited([2, 3], Number.NaN, [-3, -3])]
  expect(() => learner.improve(batch, policyUpdateDefaults, RandomStream.named(1, 's'))).toThrow(
    'loss is NaN',
  )
  expect(numbers()).toEqual(before)
  expect(learner.steps).toBe(0)
})

test('a restored learner goes on to the same bits', () => {
  using learner = new Learner(fullyTrainable(tinyConfig, weights, 'bfloat16'), options)
  learner.imitate(sequences)
  const saved = learner.state()
  using other = new Learner(fullyTrainable(tinyConfig, weights, 'bfloat16'), options)
  other.restore(saved)
  const going = learner.imitate(sequences)
  expect(other.imitate(sequences)).toEqual(going)
  const rows = (one: Learner) => one.score(sequences, 1).logprobs.map((row) => [...row])
  expect(rows(other)).toEqual(rows(learner))
})

test('adapters start as the base, train alone, and leave the base as the reference', () => {
  using generator = Generator.named(1, 'adapters')
  const lora = {
    rank: 4,
    alpha: 8,
    rankStabilized: false,
    modules: ['q_proj', 'v_proj', 'down_proj'],
  } as const
  const adapters = freshAdapters(tinyConfig, lora, generator)
  expect([...adapters.keys()].slice(0, 2)).toEqual([
    'base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight',
    'base_model.model.model.layers.0.self_attn.q_proj.lora_B.weight',
  ])
  const model = adapterTrainable(
    tinyConfig,
    weights,
    { options: lora, weights: adapters },
    'float32',
  )
  using learner = new Learner(model, options, model.base)
  const frozen = frozenCopy(tinyConfig, weights, 'float32')
  using base = new Learner(fullyTrainable(tinyConfig, weights, 'float32'), options)
  const start = base.imitationLoss(sequences)
  expect(learner.imitationLoss(sequences)).toBe(start)
  for (let step = 0; step < 30; step++) learner.imitate(sequences)
  expect(learner.imitationLoss(sequences)).toBeLessThan(start * 0.9)
  const update = {
    ...policyUpdateDefaults,
    objective: {
      ...policyObjectiveDefaults,
      kl: { estimator: 'k3', straight: false, coefficient: 0.1 },
    },
  } as const
  const report = learner.improve(
    [credited([2, 3], 1, [-3, -3])],
    update,
    RandomStream.named(1, 's'),
  )
  expect(report.kl).toBeGreaterThan(0)
  frozen.dispose()
  for (const tensor of adapters.values()) tensor.dispose()
})
