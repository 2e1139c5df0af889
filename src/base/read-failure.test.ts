import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { readFailure } from './read-failure.ts'

function failureOf(path: string): string {
  try {
    readFileSync(path)
  } catch (error) {
    return readFailure(error)
  }
  return 'none'
}

test('the usual reasons in words, others in those of the system', () => {
  expect(failureOf('nowhere')).toBe('no such file')
  expect(failureOf(import.meta.dirname)).toBe('expected a file, found a folder')
  expect(readFailure(new Error('too many files'))).toBe('cannot be read: too many files')
})
