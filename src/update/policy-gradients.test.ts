// Gradients against libtorch's own tape, against each other and against finite differences.

import { expect, test } from 'vitest'
import { expectNoTensorsLeft } from '../../test/no-tensors-left.ts'
import { RandomStream } from '../base/random.ts'
import { packedAttention } from '../model/attention.ts'
import { hiddenStates, logits, makeDecoder } from '../model/decoder.ts'
import { arrangeWeights } from '../model/decoder-weights.ts'
import { divide } from '../tensor/arithmetic.ts'
import { gradients, setRequiresGrad } from '../tensor/autograd.ts'
import { logSoftmax } from '../tensor/neural.ts'
import { scope } from '../tensor/scope.ts'
import { gather, unsqueeze } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { integers, readFloats, tensorFrom } from '../tensor/transfer.ts'
import { sharedWeights } from './fixtures/shared-weights.ts'
import { tinyConfig } from './fixtures/tiny-model.ts'
import { tinySequences } from './fixtures/tiny-sequences.ts'
import { imitationGradients } from './imitation.ts'
import { policyGradients } from './policy-gradients.ts'
import { type PolicyObjective, policyObjectiveDefaults } from './policy-objective.ts'
import type { PreparedTrajectory } from './prepared-trajectory.ts'
import { fullyTrainable, type TrainableModel } from './trainable-model.ts'

const sequences = tinySequences()
expectNoTensorsLeft()
const weights = sharedWeights()

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
