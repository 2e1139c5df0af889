import { existsSync } from 'node:fs'
import { isAbsolute } from 'node:path'
import { expect, test } from 'vitest'
import { packageFile } from './package-root.ts'

test('finds a file from the package root', () => {
  const file = packageFile('setup/requirements.txt')
  expect(isAbsolute(file)).toBe(true)
  expect(existsSync(file)).toBe(true)
})
