import fc from 'fast-check'
import { expect, test } from 'vitest'
import { maskedMean, maskedVariance, whiten } from './whiten.ts'

test('statistics count masked tokens only', () => {
  const values = [[1, Number.NaN, 3], [5]]
  const mask = [[1, 0, 1], [1]]
  expect(maskedMean(values, mask)).toBeCloseTo(3, 7)
  expect(maskedVariance(values, mask)).toBeCloseTo(4, 7)
  const [first, second] = whiten(values, mask)
  expect(first).toEqual([expect.closeTo(-1, 7), 0, expect.closeTo(0, 7)])
  expect(second).toEqual([expect.closeTo(1, 7)])
})

test('nothing to average is zero, not a failure', () => {
  expect(maskedMean([[1, 2]], [[0, 0]])).toBe(0)
  expect(maskedVariance([[7]], [[1]])).toBe(0)
  expect(whiten([[7, 3]], [[1, 0]])).toEqual([[0, 0]])
  expect(whiten([], [])).toEqual([])
})

const table = fc.array(
  fc.array(
    fc.tuple(fc.double({ min: -100, max: 100, noNaN: true }), fc.integer({ min: 0, max: 1 })),
  ),
  { minLength: 1, maxLength: 5 },
)

test('whitened tokens have mean 0 and deviation 1, and what is off the mask changes nothing', () => {
  fc.assert(
    fc.property(table, (rows) => {
      const values = rows.map((row) => row.map(([value]) => value))
      const mask = rows.map((row) => row.map(([, one]) => one))
      const spoiled = rows.map((row) => row.map(([value, one]) => (one ? value : Number.NaN)))
      const whitened = whiten(values, mask)
      expect(whiten(spoiled, mask)).toEqual(whitened)
      fc.pre(maskedVariance(values, mask) > 1e-3)
      expect(maskedMean(whitened, mask)).toBeCloseTo(0, 5)
      expect(maskedVariance(whitened, mask)).toBeCloseTo(1, 4)
    }),
  )
})
