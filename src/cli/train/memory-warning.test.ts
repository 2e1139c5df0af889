import { expect, test } from 'vitest'
import { memoryWarning } from './memory-warning.ts'

test('too little memory is said in numbers before a training begins', () => {
  const parts = [
    { name: 'masters, float32', bytes: 3 * 2 ** 30 },
    { name: 'gradients', bytes: 2 ** 30 },
  ]
  // A sixteenth of the memory is for what is kept when freed.
  expect(memoryWarning(parts, (16 / 15) * 4 * 2 ** 30)).toBeNull()
  expect(memoryWarning(parts, 2 ** 30)).toBe(
    'this needs about 4.3 GB of memory, and 1.0 GB are free: the system may end it; close other programs\n',
  )
})
