import { expect, test } from 'vitest'
import { type LearningRateSchedule, learningRate } from './learning-rate.ts'

function rates(decay: LearningRateSchedule['decay'], warmUpSteps: number): number[] {
  const schedule = { peak: 1, warmUpSteps, decay }
  return Array.from({ length: 8 }, (_, step) => learningRate(schedule, step))
}

test('constant, linear and cosine, each with warm-up', () => {
  const close = (...values: number[]) => values.map((value) => expect.closeTo(value, 9))
  expect(rates({ kind: 'constant' }, 0)).toEqual([1, 1, 1, 1, 1, 1, 1, 1])
  expect(rates({ kind: 'constant' }, 4)).toEqual([0.25, 0.5, 0.75, 1, 1, 1, 1, 1])
  const linear = { kind: 'linear', totalSteps: 6, end: 0 } as const
  expect(rates(linear, 2)).toEqual(close(0.5, 1, 1, 0.75, 0.5, 0.25, 0, 0))
  const half = { kind: 'cosine', totalSteps: 4, end: 0.1 } as const
  const quarter = 0.1 + 0.9 * ((1 + Math.SQRT1_2) / 2)
  const three = 0.1 + 0.9 * ((1 - Math.SQRT1_2) / 2)
  expect(rates(half, 0)).toEqual(close(1, quarter, 0.55, three, 0.1, 0.1, 0.1, 0.1))
})
