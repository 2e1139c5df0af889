// Runs a command in this process.

import { vi } from 'vitest'
import { createProgram } from './program.ts'

/** What the command printed on standard output; what it said on standard error is swallowed. */
export async function printedBy(...parameters: readonly string[]): Promise<string> {
  let printed = ''
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += String(text)
    return true
  })
  const quiet = vi.spyOn(process.stderr, 'write').mockImplementation(() => true)
  try {
    await createProgram().parseAsync(parameters, { from: 'user' })
    return printed
  } finally {
    write.mockRestore()
    quiet.mockRestore()
  }
}
