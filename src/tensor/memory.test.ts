import { afterAll, expect, test } from 'vitest'
import { zeros } from './creation.ts'
import { keepMemory } from './memory.ts'

const mebibyte = 2 ** 20
const kept = () => {
  const bytes = keepMemory(64 * mebibyte)
  return bytes / mebibyte
}
const large = (size: number) => zeros([size * 2 ** 18])

afterAll(() => {
  keepMemory(512 * mebibyte)
})

test('freed memory of large tensors is kept up to the limit and taken again by the next ones', () => {
  keepMemory(0)
  const first = large(20)
  expect(kept()).toBe(0)
  first.dispose()
  expect(kept()).toBe(20)
  // A block may be a quarter larger than what is asked for, not twice as large.
  using smaller = large(8)
  expect(kept()).toBe(20)
  using again = large(17)
  expect(kept()).toBe(0)
  expect(smaller.isFreed || again.isFreed).toBe(false)
})

test('what was kept longest goes first, and nothing above the limit is kept', () => {
  keepMemory(0)
  keepMemory(64 * mebibyte)
  const [a, b, c] = [large(30), large(26), large(22)]
  for (const tensor of [a, b, c]) tensor.dispose()
  expect(kept()).toBe(48)
  large(100).dispose()
  expect(kept()).toBe(48)
  expect(keepMemory(0)).toBe(0)
})

test('a limit that is no size is refused', () => {
  expect(() => keepMemory(-1)).toThrow(/size/)
  expect(() => keepMemory(Number.NaN)).toThrow(/size/)
})
