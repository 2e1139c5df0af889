import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Credited } from '../advantage/advantage.ts'
import { RandomStream } from '../base/random.ts'
import { packedAttention } from '../model/attention.ts'
import { hiddenStates, logits, makeDecoder } from '../model/decoder.ts'
import { arrangeWeights } from '../model/decoder-weights.ts'
import { divide } from '../tensor/arithmetic.ts'
import { gradients, setRequiresGrad } from '../tensor/autograd.ts'
import { Generator } from '../tensor/generator.ts'
import { liveTensors } from '../tensor/memory.ts'
import { logSoftmax } from '../tensor/neural.ts'
import { scope } from '../tensor/scope.ts'
import { gather, unsqueeze } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { integers, readFloats, tensorFrom } from '../tensor/transfer.ts'
import type { Segment } from '../trajectory/segment.ts'
import { adamWDefaults } from './adam-w.ts'
import type { TrainingSequence } from './batch.ts'
import { randomWeights, tinyConfig } from './fixtures/tiny-model.ts'
import { imitationGradients } from './imitation.ts'
import { Learner, type LearnerOptions, learnerDefaults } from './learner.ts'
import { freshAdapters } from './lora.ts'
import { policyGradients } from './policy-gradients.ts'
import { type PolicyObjective, policyObjectiveDefaults } from './policy-objective.ts'
import { policyUpdateDefaults } from './policy-update.ts'
import type { PreparedTrajectory } from './prepared-trajectory.ts'
import {
  adapterTrainable,
  frozenCopy,
  fullyTrainable,
  type TrainableModel,
} from './trainable-model.ts'

let weights: Map<string, Tensor>
let alive = 0

beforeAll(() => {
  alive = liveTensors().count
  weights = randomWeights()
})

afterAll(() => {
  for (const tensor of weights.values()) tensor.dispose()
  expect(liveTensors().count).toBe(alive)
})

const random = RandomStream.named(1, 'tokens')
const randomTokens = (length: number) =>
  Array.from({ length }, () => random.integer(tinyConfig.vocabularySize))
const prompt = randomTokens(20)
const sequences: TrainingSequence[] = [
  ...[5, 9, 2, 12, 7].map(randomTokens),
  // Kin, which are packed with their common beginning once, trained tokens of it included.
  ...[3, 6, 1].map((length) => [...prompt, ...randomTokens(length)]),
].map((tokens, b) => ({
  tokens,
  // Context, then policy and tool in turn.
  mask: tokens.map((_, t) => (t >= 1 && (t + b) % 4 !== 0 ? 1 : 0)),
}))

/** All gradients of a model, by name. */
function gradientsOf(model: TrainableModel): Map<string, Float32Array> {
  return new Map(model.parameters.all.map(({ name, gradient }) => [name, readFloats(gradient)]))
}

function largestGap(
  a: ReadonlyMap<string, Float32Array>,
  b: ReadonlyMap<string, Float32Array>,
): number {
  expect([...a.keys()]).toEqual([...b.keys()])
  return Math.max(
    ...[...a].map(([name, values]) =>
      Math.max(...values.map((value, i) => Math.abs(value - (b.get(name)?.[i] ?? Number.NaN)))),
    ),
  )
}

function withModel<T>(body: (model: TrainableModel) => T): T {
  const model = fullyTrainable(tinyConfig, weights, 'float32')
  try {
    return body(model)
  } finally {
    model.dispose()
  }
}

describe('gradients', () => {
  /** libtorch's own tape through the whole model, one sequence after another. */
  function reference(): Map<string, Float32Array> {
    return scope(() => {
      for (const tensor of weights.values()) setRequiresGrad(tensor, true)
      const decoder = makeDecoder(tinyConfig, arrangeWeights(tinyConfig, weights))
      const losses = sequences.map(({ tokens, mask }) => {
        const length = tokens.length - 1
        const ids = integers(tokens.slice(0, -1))
        const hidden = hiddenStates(
          decoder,
          ids,
          integers([...Array(length).keys()]),
          packedAttention([length]),
        )
        const all = logSoftmax(logits(decoder, hidden), 1)
        const chosen = gather(all, 1, unsqueeze(integers(tokens.slice(1)), 1))
        const given = integers(Array.from(mask).slice(1))
        return { chosen, given: divide(unsqueeze(given, 1), -total) }
      })
      const names = [...weights.keys()]
      const found = gradients(
        losses.map(({ chosen }) => chosen),
        [...weights.values()],
        { given: losses.map(({ given }) => given) },
      )
      for (const tensor of weights.values()) setRequiresGrad(tensor, false)
      decoder.inverseFrequencies.dispose()
      return new Map(names.map((name, i) => [name, readFloats(found[i] as Tensor)]))
    })
  }
  const total = sequences.reduce(
    (sum, { mask }) => sum + Array.from(mask).slice(1).filter(Boolean).length,
    0,
  )

  test.each([
    { microBatchTokens: 1000, checkpointActivations: false },
    { microBatchTokens: 1000, checkpointActivations: true },
    { microBatchTokens: 12, checkpointActivations: false },
    { microBatchTokens: 1, checkpointActivations: true },
  ])('imitation equals plain autograd: %j', (options) => {
    const expected = reference()
    withModel((model) => {
      const { tokens } = imitationGradients(model, sequences, options)
      expect(tokens).toBe(total)
      expect(largestGap(gradientsOf(model), expected)).toBeLessThan(1e-5)
    })
  })

  const objectives: [string, Partial<PolicyObjective>][] = [
    ['clipped, token mean', {}],
    ['clipped, sequence mean', { aggregation: { kind: 'sequenceMeanTokenMean' } }],
    ['GSPO', { loss: { kind: 'gspo', clipRange: { low: 0.2, high: 0.3 } } }],
    [
      'KL and entropy',
      { kl: { estimator: 'k3', straight: false, coefficient: 0.3 }, entropyBonus: 0.5 },
    ],
  ]

  function prepared(): PreparedTrajectory[] {
    const noise = RandomStream.named(2, 'noise')
    return sequences.map((sequence) => {
      const row = (shift: number) =>
        Float32Array.from(sequence.tokens, () => shift + noise.normal() / 4)
      const { old, reference: other } = { old: row(-3), reference: row(-3) }
      return {
        ...sequence,
        advantages: row(0),
        old,
        rollout: null,
        reference: other,
        weights: null,
      }
    })
  }

  test.each(objectives)('%s: neither cut nor checkpointing changes them', (_, changes) => {
    const run = (microBatchTokens: number, checkpointActivations: boolean) =>
      withModel((model) => {
        const objective = { ...policyObjectiveDefaults, ...changes }
        const options = { objective, temperature: 0.7, measureEntropy: true }
        const measured = policyGradients(model, prepared(), {
          ...options,
          microBatchTokens,
          checkpointActivations,
        })
        return { measured, found: gradientsOf(model) }
      })
    const whole = run(1000, false)
    expect(
      largestGap(whole.found, new Map([...whole.found].map(([n, v]) => [n, v.map(() => 0)]))),
    ).toBeGreaterThan(1e-3)
    for (const [budget, checkpoint] of [
      [1000, true],
      [12, false],
      [1, false],
    ] as const) {
      const cut = run(budget, checkpoint)
      expect(largestGap(cut.found, whole.found)).toBeLessThan(1e-5)
      expect(cut.measured.loss).toBeCloseTo(whole.measured.loss, 5)
      expect(cut.measured.entropy).toBeCloseTo(whole.measured.entropy ?? Number.NaN, 4)
    }
  })

  test('a finite difference of the loss agrees with the gradient of entropy, KL and policy', () => {
    const objective: PolicyObjective = {
      ...policyObjectiveDefaults,
      kl: { estimator: 'k2', straight: false, coefficient: 0.3 },
      entropyBonus: 0.5,
      loss: { kind: 'clipped', clipRange: { low: 10, high: 10 }, dualClip: null },
    }
    const options = {
      objective,
      temperature: 0.7,
      measureEntropy: true,
      microBatchTokens: 99,
      checkpointActivations: false,
    }
    withModel((model) => {
      policyGradients(model, prepared(), options)
      const parameter = model.parameters.all.find(({ name }) =>
        name.endsWith('1.mlp.down_proj.weight'),
      )
      const gradient = readFloats(parameter?.gradient as Tensor)
      const place = gradient.reduce(
        (best, g, i) => (Math.abs(g) > Math.abs(gradient[best] ?? 0) ? i : best),
        0,
      )
      const lossAt = (step: number) => {
        const values = readFloats(parameter?.master as Tensor)
        values[place] = (values[place] ?? 0) + step
        const changed = new Map(weights)
        changed.set(parameter?.name ?? '', tensorFrom(values, parameter?.master.shape ?? []))
        const moved = fullyTrainable(tinyConfig, changed, 'float32')
        const { loss } = policyGradients(moved, prepared(), options)
        moved.dispose()
        changed.get(parameter?.name ?? '')?.dispose()
        return loss
      }
      const slope = (lossAt(1e-2) - lossAt(-1e-2)) / 2e-2
      expect(slope / (gradient[place] ?? 0)).toBeCloseTo(1, 2)
    })
  })
})

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

describe('learner', () => {
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
})
