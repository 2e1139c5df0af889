import fc from 'fast-check'
import { expect, test } from 'vitest'
import { estimate } from './bootstrap.ts'
import { averageAt, majorityAt, passAt } from './estimates.ts'

const attempts = (correct: readonly boolean[], answers?: readonly (string | null)[]) => ({
  correct,
  answers: answers ?? correct.map((right) => (right ? 'r' : 'w')),
})

test('pass at k is one minus the share of draws that are all wrong', () => {
  const three = attempts([true, false, false])
  expect(averageAt(three)).toBeCloseTo(1 / 3)
  expect(passAt(three, 1)).toBeCloseTo(1 / 3)
  // Of the three pairs only one is all wrong.
  expect(passAt(three, 2)).toBeCloseTo(2 / 3)
  expect(passAt(three, 3)).toBe(1)
  // 1 - C(3,2)/C(5,2) = 1 - 3/10.
  expect(passAt(attempts([true, true, false, false, false]), 2)).toBeCloseTo(0.7)
  expect(passAt(attempts([false, false]), 2)).toBe(0)
  expect(() => passAt(three, 4)).toThrow('from 1 to the 3 attempts')
})

test('pass at k equals the mean over all subsets', () => {
  fc.assert(
    fc.property(
      fc.array(fc.boolean(), { minLength: 1, maxLength: 8 }),
      fc.nat(),
      (correct, any) => {
        const k = 1 + (any % correct.length)
        let subsets = 0
        let passed = 0
        for (let bits = 0; bits < 2 ** correct.length; bits++) {
          const chosen = correct.filter((_, index) => bits & (1 << index))
          if (chosen.length !== k) continue
          subsets++
          if (chosen.some(Boolean)) passed++
        }
        expect(passAt(attempts(correct), k)).toBeCloseTo(passed / subsets)
      },
    ),
  )
})

test('majority: right answers vote as one, none is no vote, ties are shared', () => {
  expect(majorityAt(attempts([true, true, false], ['1/2', '0.5', '7']), 3)).toBe(1)
  expect(majorityAt(attempts([true, false, false], ['1', '7', '7']), 3)).toBe(0)
  expect(majorityAt(attempts([true, false], ['1', '7']), 2)).toBe(0.5)
  expect(majorityAt(attempts([true, false, false], ['1', null, null]), 3)).toBe(1)
  expect(majorityAt(attempts([false, false], [null, null]), 2)).toBe(0)
  // Two blocks of two: one right, one wrong.
  expect(majorityAt(attempts([true, true, false, false], ['1', '1', '7', '7']), 2)).toBe(0.5)
})

test('the interval holds the mean, repeats, and shrinks with more problems', () => {
  const coin = (n: number) => Array.from({ length: n }, (_, index) => index % 2)
  const few = estimate(coin(20))
  const many = estimate(coin(2_000))
  expect(few).toEqual(estimate(coin(20)))
  expect(few.mean).toBe(0.5)
  // 1.96 * 0.5 / sqrt(20) = 0.22 and 1.96 * 0.5 / sqrt(2000) = 0.022.
  expect(few.high - few.low).toBeCloseTo(0.44, 1)
  expect(many.high - many.low).toBeCloseTo(0.044, 2)
  expect(estimate([1, 1, 1])).toEqual({ mean: 1, low: 1, high: 1, problems: 3 })
  expect(estimate([]).mean).toBeNaN()
})
