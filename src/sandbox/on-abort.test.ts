import { getEventListeners } from 'node:events'
import { expect, test } from 'vitest'
import { onAbort } from './on-abort.ts'

test('many share one listener of a signal, which goes with the last of them', () => {
  const controller = new AbortController()
  const { signal } = controller
  const told: number[] = []
  const forgetAll = Array.from({ length: 20 }, (_, n) => onAbort(signal, () => told.push(n)))
  expect(getEventListeners(signal, 'abort')).toHaveLength(1)
  for (const forget of forgetAll) forget()
  expect(getEventListeners(signal, 'abort')).toHaveLength(0)
  onAbort(signal, () => told.push(20))
  forgetAll[0]?.() // a second time: of no effect
  controller.abort()
  expect(told).toEqual([20])
})
