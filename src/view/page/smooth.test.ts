import { expect, test } from 'vitest'
import { smooth } from './smooth.ts'

test('a constant stays itself from the first point on, gaps stay gaps', () => {
  expect(smooth([2, null, 2, 2], 0.9)).toEqual([2, null, expect.closeTo(2), expect.closeTo(2)])
})

test('half and half, by hand', () => {
  // Averages 0.5*4 = 2 of mass 0.5, then 0.5*2 + 0.5*1 = 1.5 of mass 0.75.
  expect(smooth([4, 1], 0.5)).toEqual([4, 2])
  expect(smooth([4, 1], 0)).toEqual([4, 1])
})
