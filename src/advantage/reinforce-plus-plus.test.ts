import { expect, test } from 'vitest'
import { reinforcePlusPlus } from './reinforce-plus-plus.ts'
import { tokenRewards } from './token-rewards.ts'
import { whiten } from './whiten.ts'

test('the reward reaches the tokens before a tool span', () => {
  const mask = [
    [1, 1, 0, 0, 1, 1],
    [1, 0, 0, 1, 1, 1],
  ]
  const rewards = [tokenRewards(1, mask[0] ?? []), tokenRewards(-1, mask[1] ?? [])]
  const { advantages, returns } = reinforcePlusPlus({ tokenRewards: rewards, mask, gamma: 0.9 })
  const expected = [
    [0.729, 0.81, 0, 0, 0.9, 1],
    [-0.729, 0, 0, -0.81, -0.9, -1],
  ]
  expect(returns).toEqual(expected.map((row) => row.map((value) => expect.closeTo(value, 9))))
  // Mean 0; squares sum to 6.375... over 8 tokens, so the advantages are the returns over their deviation.
  expect(advantages).toEqual(
    whiten(expected, mask).map((row) => row.map((value) => expect.closeTo(value, 9))),
  )
  expect(advantages[0]?.[5]).toBeCloseTo(1 / Math.sqrt((2 * (0.531441 + 0.6561 + 0.81 + 1)) / 7), 6)
})
