import { expect, test } from 'vitest'
import type { PreparedTrajectory } from './prepared-trajectory.ts'
import { tokenMeasures } from './token-measure.ts'

const row = (...values: number[]) => Float32Array.from(values)

function prepared(old: Float32Array | null): PreparedTrajectory {
  const rest = { advantages: row(0, 1), rollout: null, reference: null, weights: null }
  return { tokens: [1, 2], mask: [0, 1], old, ...rest }
}

test('old log-probs are the recomputed ones, else the first forward; new ones the last', () => {
  const steps = [
    { members: [1, 0], measured: { logprobs: [row(0, -1), row(0, -2)], entropies: null } },
    { members: [0, 1], measured: { logprobs: [row(0, -3), row(0, -4)], entropies: null } },
  ]
  expect(tokenMeasures([prepared(null), prepared(row(0, -9))], steps)).toEqual([
    { oldLogprobs: row(0, -2), newLogprobs: row(0, -3), entropies: null, referenceLogprobs: null },
    { oldLogprobs: row(0, -9), newLogprobs: row(0, -4), entropies: null, referenceLogprobs: null },
  ])
})

test('entropies are those of the first step of each trajectory', () => {
  const steps = [
    { members: [0], measured: { logprobs: [row(0, -1)], entropies: [row(0, 0.5)] } },
    { members: [0], measured: { logprobs: [row(0, -1)], entropies: [row(0, 0.7)] } },
  ]
  expect(tokenMeasures([prepared(null)], steps)[0]?.entropies).toEqual(row(0, 0.5))
})
