// Runs a command in this process as the terminal would.

import { vi } from 'vitest'
import { createProgram } from './program.ts'
import { reportError } from './report-error.ts'

interface Outcome {
  readonly code: number
  /** On standard output. */
  readonly out: string
  /** On standard error. */
  readonly said: string
}

export async function outcomeOf(...parameters: readonly string[]): Promise<Outcome> {
  const written = { out: '', said: '' }
  const catching = (name: keyof typeof written) => (text: string | Uint8Array) => {
    written[name] += String(text)
    return true
  }
  const out = vi.spyOn(process.stdout, 'write').mockImplementation(catching('out'))
  const said = vi.spyOn(process.stderr, 'write').mockImplementation(catching('said'))
  const before = process.exitCode
  process.exitCode = 0
  try {
    await createProgram().parseAsync(parameters, { from: 'user' })
    return { code: Number(process.exitCode), ...written }
  } catch (error) {
    return { code: reportError(error), ...written }
  } finally {
    process.exitCode = before
    out.mockRestore()
    said.mockRestore()
  }
}
