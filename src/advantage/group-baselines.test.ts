import fc from 'fast-check'
import { expect, test } from 'vitest'
import { drGrpo } from './dr-grpo.ts'
import { groupRelative } from './group-relative.ts'
import type { GroupedRewards } from './grouped-rewards.ts'
import { opo } from './opo.ts'
import { reinforcePlusPlusBaseline } from './reinforce-plus-plus-baseline.ts'
import { rloo } from './rloo.ts'

/** One group whose members wrote one token each. */
function oneGroup(rewards: readonly number[]): GroupedRewards {
  return { rewards, groups: rewards.map(() => 'a'), mask: rewards.map(() => [1]) }
}

const methods = { groupRelative, drGrpo, rloo, opo }

test.each([
  ['groupRelative', [1, -1, -1, 1], [0.866025, -0.866025, -0.866025, 0.866025]],
  ['drGrpo', [1, -1, -1, 1], [1, -1, -1, 1]],
  ['rloo', [1, -1, -1, 1], [1.333333, -1.333333, -1.333333, 1.333333]],
  ['opo', [1, -1, -1, 1], [1, -1, -1, 1]],
  ['groupRelative', [1, -1, -1, -1], [1.499999, -0.5, -0.5, -0.5]],
  ['drGrpo', [1, -1, -1, -1], [1.5, -0.5, -0.5, -0.5]],
  ['rloo', [1, -1, -1, -1], [2, -0.666667, -0.666667, -0.666667]],
] as const)('%s of %j', (name, rewards, expected) => {
  const advantages = methods[name](oneGroup(rewards))
  expect(advantages.flat()).toEqual(expected.map((value) => expect.closeTo(value, 6)))
})

test('advantages stand on policy tokens only, whatever the order of the members', () => {
  const advantages = drGrpo({
    rewards: [1, 10, 3, 20],
    groups: ['a', 'b', 'a', 'b'],
    mask: [[0, 1, 1], [1], [1, 0], [0]],
  })
  expect(advantages).toEqual([[0, -1, -1], [-5], [1, 0], [0]])
})

test('a group of one keeps its reward, as in verl', () => {
  expect(groupRelative(oneGroup([2]))).toEqual([[expect.closeTo(2, 5)]])
  for (const method of [drGrpo, rloo, opo]) expect(method(oneGroup([2]))).toEqual([[2]])
})

test('OPO weighs rewards by length', () => {
  const mask = [
    [1, 0, 0],
    [1, 1, 1],
  ]
  expect(opo({ rewards: [1, -1], groups: [0, 0], mask })).toEqual([
    [1.5, 0, 0],
    [-0.5, -0.5, -0.5],
  ])
})

test('REINFORCE++ with baseline whitens over tokens, so that long trajectories weigh more', () => {
  const mask = [
    [1, 1, 1],
    [1, 0, 0],
  ]
  // Before: 1, 1, 1, -1: mean 1/2, unbiased variance 1.
  const advantages = reinforcePlusPlusBaseline({ rewards: [3, 1], groups: [7, 7], mask })
  expect(advantages).toEqual([
    [expect.closeTo(0.5, 6), expect.closeTo(0.5, 6), expect.closeTo(0.5, 6)],
    [expect.closeTo(-1.5, 6), 0, 0],
  ])
})

const rewards = fc.array(fc.double({ min: -5, max: 5, noNaN: true }), {
  minLength: 2,
  maxLength: 9,
})

test('a constant added to every reward of a group changes nothing', () => {
  fc.assert(
    fc.property(rewards, fc.constantFrom(...Object.values(methods)), (values, method) => {
      const spread = Math.max(...values) - Math.min(...values)
      fc.pre(spread > 1e-3)
      const shifted = method(oneGroup(values.map((value) => value + 7)))
      method(oneGroup(values)).forEach((row, i) => {
        expect(shifted[i]?.[0]).toBeCloseTo(row[0] ?? Number.NaN, 6)
      })
    }),
  )
})

test('GRPO does not change when rewards are scaled; the others scale with them', () => {
  fc.assert(
    fc.property(rewards, (values) => {
      fc.pre(Math.max(...values) - Math.min(...values) > 0.1)
      const scaled = oneGroup(values.map((value) => value * 1000))
      expect(groupRelative(scaled).flat()).toEqual(
        groupRelative(oneGroup(values))
          .flat()
          .map((value) => expect.closeTo(value, 3)),
      )
      expect(rloo(scaled)[0]?.[0]).toBeCloseTo((rloo(oneGroup(values))[0]?.[0] ?? 0) * 1000, 6)
    }),
  )
})

test('RLOO is the reward less the mean of the others', () => {
  fc.assert(
    fc.property(rewards, (values) => {
      rloo(oneGroup(values)).forEach((row, i) => {
        const others = values.filter((_, j) => j !== i)
        const mean = others.reduce((sum, value) => sum + value, 0) / others.length
        expect(row[0]).toBeCloseTo((values[i] ?? 0) - mean, 9)
      })
    }),
  )
})
