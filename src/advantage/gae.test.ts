import fc from 'fast-check'
import { expect, test } from 'vitest'
import { gae } from './gae.ts'
import { whiten } from './whiten.ts'

const mask = [[1, 1, 0, 0, 1, 1]]
const tokenRewards = [[0, 0, 0, 0, 0, 1]]
const values = [[0.1, 0.2, 0.7, -0.4, 0.3, 0.5]]

function rounded(table: readonly (readonly number[])[]): number[][] {
  return table.map((row) => row.map((value) => Math.round(value * 1e6) / 1e6 + 0))
}

test('a tool span between two policy spans is stepped over', () => {
  const { advantages, returns } = gae({ tokenRewards, values, mask, gamma: 1, lambda: 1 })
  expect(rounded(returns)).toEqual([[1, 1, 0, 0, 1, 1]])
  expect(rounded(advantages)).toEqual([[1.024695, 0.439155, 0, 0, -0.146385, -1.317465]])
})

test.each([
  { gamma: 1, lambda: 0.95, unwhitened: [0.8041875, 0.74125, 0, 0, 0.675, 0.5] },
  { gamma: 0.9, lambda: 0.8, unwhitened: [0.394784, 0.4372, 0, 0, 0.51, 0.5] },
])('gamma $gamma and lambda $lambda', ({ gamma, lambda, unwhitened }) => {
  const { advantages, returns } = gae({ tokenRewards, values, mask, gamma, lambda })
  const before = returns.map((row, b) =>
    row.map((value, t) => (mask[b]?.[t] ? value - (values[b]?.[t] ?? 0) : 0)),
  )
  expect(before[0]).toEqual(unwhitened.map((value) => expect.closeTo(value, 6)))
  expect(rounded(advantages)).toEqual(
    rounded(whiten([unwhitened], mask)).map((row) => row.map((value) => expect.closeTo(value, 5))),
  )
})

test('with gamma = lambda = 1 every return is the reward that is still to come', () => {
  const token = fc.record({
    reward: fc.double({ min: -2, max: 2, noNaN: true }),
    value: fc.double({ min: -2, max: 2, noNaN: true }),
    mask: fc.integer({ min: 0, max: 1 }),
  })
  fc.assert(
    fc.property(fc.array(token, { minLength: 1, maxLength: 12 }), (row) => {
      const { returns } = gae({
        tokenRewards: [row.map(({ reward }) => reward)],
        values: [row.map(({ value }) => value)],
        mask: [row.map((one) => one.mask)],
        gamma: 1,
        lambda: 1,
      })
      row.forEach((one, t) => {
        const toCome = row.slice(t).reduce((sum, next) => sum + next.mask * next.reward, 0)
        expect(returns[0]?.[t]).toBeCloseTo(one.mask ? toCome : 0, 9)
      })
    }),
  )
})

test('inserting tool text anywhere changes no policy token, whatever the critic says there', () => {
  const row = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 2, maxLength: 8 })
  fc.assert(
    fc.property(row, fc.nat(), (value, place) => {
      const at = place % value.length
      const reward = value.map((_, t) => (t === value.length - 1 ? 1 : 0))
      const insert = (array: readonly number[], inserted: number) => [
        ...array.slice(0, at),
        inserted,
        inserted,
        ...array.slice(at),
      ]
      const options = { gamma: 0.9, lambda: 0.8 }
      const ones = value.map(() => 1)
      const plain = gae({ tokenRewards: [reward], values: [value], mask: [ones], ...options })
      const withTool = gae({
        tokenRewards: [insert(reward, 0)],
        values: [insert(value, Number.NaN)],
        mask: [insert(ones, 0)],
        ...options,
      })
      expect(withTool.advantages[0]).toEqual(insert(plain.advantages[0] ?? [], 0))
      expect(withTool.returns[0]).toEqual(insert(plain.returns[0] ?? [], 0))
    }),
  )
})
