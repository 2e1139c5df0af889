import { expect, test } from 'vitest'
import { nextKlCoefficient } from './kl-coefficient.ts'
import { klEstimate } from './kl-estimate.ts'
import { tokenRewards } from './token-rewards.ts'

test('the reward sits on the last token that the policy wrote', () => {
  expect(tokenRewards(2, [0, 1, 1, 0])).toEqual([0, 0, 2, 0])
  expect(tokenRewards(2, [0, 0])).toEqual([0, 0])
})

test('a KL penalty is taken off the tokens of the policy and off no other', () => {
  expect(tokenRewards(1, [1, 0, 1], [0.1, 9, 0.2])).toEqual([-0.1, 0, 0.8])
})

test('the three KL estimates of hand-computed differences', () => {
  const logprobs = [-1, -1, -5, -40]
  const reference = [-1.5, -0.5, Number.NaN, 0]
  const mask = [1, 1, 0, 1]
  const close = (...values: number[]) => values.map((value) => expect.closeTo(value, 6))
  expect(klEstimate('k1', logprobs, reference, mask)).toEqual(close(0.5, -0.5, 0, -40))
  expect(klEstimate('k2', logprobs, reference, mask)).toEqual(close(0.125, 0.125, 0, 800))
  expect(klEstimate('k3', logprobs, reference, mask)).toEqual(close(0.106531, 0.148721, 0, 10))
})

test('an adaptive coefficient rises with too much divergence, by at most 20 % a horizon', () => {
  const adaptive = { kind: 'adaptive', value: 0.1, target: 6, horizon: 100 } as const
  expect(nextKlCoefficient(adaptive, 6.6, 100)).toMatchObject({ value: expect.closeTo(0.11, 9) })
  expect(nextKlCoefficient(adaptive, 600, 50)).toMatchObject({ value: expect.closeTo(0.11, 9) })
  expect(nextKlCoefficient(adaptive, 0, 100)).toMatchObject({ value: expect.closeTo(0.08, 9) })
  const fixed = { kind: 'fixed', value: 0.1 } as const
  expect(nextKlCoefficient(fixed, 600, 100)).toBe(fixed)
})
