import { expect, test } from 'vitest'
import { lastBoxed } from './last-boxed.ts'

test('takes the last complete box and lets braces nest', () => {
  expect(lastBoxed('\\boxed{1} then \\boxed{\\frac{1}{2}}.')).toBe('\\frac{1}{2}')
  expect(lastBoxed('\\boxed{\\{1, 2\\}}')).toBe('\\{1, 2\\}')
  expect(lastBoxed('\\boxed{7} and \\boxed{open')).toBe('7')
  expect(lastBoxed('\\boxed{never closed')).toBeUndefined()
  expect(lastBoxed('42')).toBeUndefined()
})
