import { expect, test } from 'vitest'
import { fuzzHeader } from '../../test/nightly/header-fuzz.ts'

// The nightly program does the same with a hundred times as many files and a new seed each time.
test.each(['safetensors', 'gguf'] as const)('the %s reader survives mutated files', (format) => {
  const { accepted, refused } = fuzzHeader(format, 300, 1)
  expect(accepted + refused).toBeGreaterThanOrEqual(300)
  // Both kinds occur: otherwise the mutations would be too mild or too wild to show anything.
  expect(accepted).toBeGreaterThan(5)
  expect(refused).toBeGreaterThan(100)
})
