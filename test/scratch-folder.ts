// Folders for the tests of a file, gone after the last of them.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'

const made: string[] = []

// Hooks run last in, first out: what still writes there was closed before.
afterAll(() => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true })
})

/** A new and empty folder. */
export function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'retool-test-'))
  made.push(folder)
  return folder
}
