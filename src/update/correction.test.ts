import { expect, test } from 'vitest'
import { type Correction, correctionWeights } from './correction.ts'

const log = Math.log
const mask = [[1, 0, 1, 1]]
const rollout = [[0, Number.NaN, 0, 0]]
/** Ratios 3, -, 0.4, 1 and their product 1.2. */
const old = [[log(3), Number.NaN, log(0.4), 0]]

function weights(correction: Correction) {
  return correctionWeights(old, rollout, mask, correction)[0]
}

const close = (...values: number[]) => values.map((value) => expect.closeTo(value, 9))

test('without correction every policy token weighs one', () => {
  expect(weights({ kind: 'none' })).toEqual([1, 0, 1, 1])
})

test('truncated importance sampling, per token and per trajectory', () => {
  expect(weights({ kind: 'truncated', level: 'token', cap: 2 })).toEqual(close(2, 0, 0.4, 1))
  expect(weights({ kind: 'truncated', level: 'sequence', cap: 2 })).toEqual(close(1.2, 0, 1.2, 1.2))
  expect(weights({ kind: 'truncated', level: 'sequence', cap: 1.1 })).toEqual(
    close(1.1, 0, 1.1, 1.1),
  )
})

test('IcePop: weights outside of the range are zero', () => {
  const range = { low: 0.5, high: 5 }
  expect(weights({ kind: 'icePop', level: 'token', ...range })).toEqual(close(3, 0, 0, 1))
  expect(weights({ kind: 'icePop', level: 'sequence', low: 1.3, high: 5 })).toEqual([0, 0, 0, 0])
})

test('a trajectory is rejected by the mean of an estimate over its tokens', () => {
  // Means of k1, k2 and k3 over the three tokens.
  const gaps = [log(3), log(0.4), 0]
  const k1 = -gaps.reduce((sum, gap) => sum + gap, 0) / 3
  const k2 = gaps.reduce((sum, gap) => sum + (gap * gap) / 2, 0) / 3
  const k3 = gaps.reduce((sum, gap) => sum + Math.exp(gap) - 1 - gap, 0) / 3
  for (const [estimator, mean] of [
    ['k1', k1],
    ['k2', k2],
    ['k3', k3],
  ] as const) {
    const size = Math.abs(mean)
    expect(weights({ kind: 'rejection', estimator, most: size * 1.01 })).toEqual([1, 0, 1, 1])
    expect(weights({ kind: 'rejection', estimator, most: size * 0.99 })).toEqual([0, 0, 0, 0])
  }
})

test('differences are bounded before they are exponentiated', () => {
  const far = correctionWeights([[900]], [[0]], [[1]], {
    kind: 'truncated',
    level: 'token',
    cap: 1e12,
  })
  expect(far[0]?.[0]).toBeCloseTo(Math.exp(20), 0)
})
