import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { AdoptedResults } from './adopted-results.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const twoMinutes = 120_000

test('a repetition within two minutes gets the first result, whatever the time of day does', async () => {
  const adopted = new AdoptedResults<number>()
  let runs = 0
  const once = () => adopted.once('same', async () => ++runs)
  expect(await Promise.all([once(), once()])).toEqual([1, 1])
  vi.setSystemTime(Date.now() + 1_000 * twoMinutes)
  expect(await once()).toBe(1)
  vi.advanceTimersByTime(twoMinutes)
  vi.setSystemTime(0)
  expect(await once()).toBe(2)
})

test('a failure is forgotten at once, and a request without an id never adopts', async () => {
  const adopted = new AdoptedResults<number>()
  const failed = adopted.once('same', () => Promise.reject(new Error('lost')))
  await expect(failed).rejects.toThrow('lost')
  expect(await adopted.once('same', async () => 2)).toBe(2)
  expect(await adopted.once(undefined, async () => 3)).toBe(3)
})

test('an id that was forgotten for want of room and taken again is not ended by its first owner', async () => {
  const adopted = new AdoptedResults<string>()
  const ends: ((result: string) => void)[] = []
  const slow = () => new Promise<string>((resolve) => ends.push(resolve))
  const first = adopted.once('same', slow)
  for (let id = 0; id < 1_000; id++) adopted.once(`${id}`, async () => '')
  const second = adopted.once('same', slow)
  ends[0]?.('first')
  expect(await first).toBe('first')
  vi.advanceTimersByTime(twoMinutes)
  ends[1]?.('second')
  expect(await Promise.all([second, adopted.once('same', slow)])).toEqual(['second', 'second'])
})
