import { expect, test } from 'vitest'
import { StartBackOff } from './start-back-off.ts'

test('waits longer after each start without an answer, and not at all after an answer', () => {
  const backOff = new StartBackOff()
  const delays = Array.from({ length: 10 }, () => {
    const { delayMs } = backOff
    backOff.started()
    return delayMs
  })
  expect(delays).toEqual([0, 0, 100, 200, 400, 800, 1600, 3200, 5000, 5000])
  backOff.succeeded()
  expect(backOff.delayMs).toBe(0)
})
