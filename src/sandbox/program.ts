// Checks a program before anything is started for it.

import { UserError } from '../base/errors.ts'
import { checkedLimits } from './limits.ts'
import type { Limits, Program } from './sandbox.ts'

const largestBytes = 10_000_000
const longestPath = 500

/** A program as the pool passes it on: encoded, with every limit. */
export interface CheckedProgram {
  readonly code: Buffer
  readonly stdin: Buffer | undefined
  readonly seed: number | null
  readonly limits: Limits
  readonly files: readonly GivenFile[]
  readonly fetchFiles: readonly string[]
}

export interface GivenFile {
  readonly path: string
  readonly content: Buffer
}

/** Throws UserError naming the field that cannot be run. Programs that merely fail are fine. */
export function checkedProgram(program: Program, defaults: Limits): CheckedProgram {
  const seed = program.seed ?? null
  if (seed !== null && !(Number.isSafeInteger(seed) && seed >= 0)) {
    throw new UserError(`seed: expected a whole number from 0 to 2^53 - 1, got ${seed}`)
  }
  return {
    code: encoded('code', program.code),
    stdin: program.stdin === undefined ? undefined : encoded('stdin', program.stdin),
    seed,
    limits: checkedLimits(program.limits ?? {}, defaults),
    files: checkedFiles(program.files ?? {}),
    fetchFiles: (program.fetchFiles ?? []).map((path) => checkedPath('fetchFiles', path)),
  }
}

function checkedFiles(files: Readonly<Record<string, Uint8Array>>): GivenFile[] {
  const given = Object.entries(files).map(([path, content]) => ({
    path: checkedPath('files', path),
    content: Buffer.from(content.buffer, content.byteOffset, content.byteLength),
  }))
  const total = given.reduce((sum, { content }) => sum + content.length, 0)
  if (total > largestBytes) {
    throw new UserError(`files: ${total} bytes together; at most ${largestBytes} are accepted`)
  }
  return given
}

/** A relative path that stays in the working folder. */
function checkedPath(field: string, path: string): string {
  const parts = path.split('/')
  const fine = parts.every((part) => part !== '' && part !== '.' && part !== '..')
  if (fine && !path.includes('\0') && path.length <= longestPath) return path
  throw new UserError(
    `${field}: expected a relative path inside the working folder, got ${JSON.stringify(path)}`,
  )
}

function encoded(name: string, text: unknown): Buffer {
  if (typeof text !== 'string')
    throw new UserError(`${name}: expected a string, got ${typeof text}`)
  const bytes = Buffer.from(text)
  if (bytes.length <= largestBytes) return bytes
  throw new UserError(`${name}: ${bytes.length} bytes; at most ${largestBytes} are accepted`)
}
