// Checks a program before anything is started for it.

import { UserError } from '../base/errors.ts'
import { knownEntries, recordEntries } from './known-entries.ts'
import { checkedLimits } from './limits.ts'
import type { Limits, Program } from './sandbox.ts'
import { shownValue } from './shown-value.ts'

/** Of a program, of its input, and of its files together. */
export const largestBytes = 10_000_000
const longestPath = 500
const longestName = 255
/** Names travel in messages between processes, which are bounded. */
const mostPaths = 1_000
const mostPathCharacters = 16_000

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

const fields: Readonly<Record<keyof Program, true>> = {
  ...{ code: true, stdin: true, seed: true, limits: true, files: true, fetchFiles: true },
}
const place = { name: 'program', prefix: '', kind: 'field' } as const

/** Throws UserError naming the field that cannot be run. Programs that merely fail are fine. */
export function checkedProgram(program: Program, defaults: Limits): CheckedProgram {
  knownEntries(place, program, Object.keys(fields))
  const { code, stdin, seed = null, limits, files = {}, fetchFiles = [] } = program
  if (seed !== null && !(Number.isSafeInteger(seed) && seed >= 0)) {
    const found = shownValue(seed)
    throw new UserError(`seed: expected a whole number from 0 to 2^53 - 1, got ${found}`)
  }
  return {
    code: encoded('code', code),
    stdin: stdin === undefined ? undefined : encoded('stdin', stdin),
    seed,
    limits: checkedLimits(limits, defaults),
    files: checkedFiles(files),
    fetchFiles: checkedPaths('fetchFiles', fetchFiles),
  }
}

function checkedFiles(files: Readonly<Record<string, Uint8Array>>): GivenFile[] {
  const entries = recordEntries('files', files)
  const paths = checkedPaths(
    'files',
    entries.map(([path]) => path),
  )
  const folders = new Set(paths.flatMap(foldersOf))
  const both = paths.find((path) => folders.has(path))
  if (both !== undefined) throw new UserError(`files: ${both} is both a file and a folder`)
  const given = entries.map(([path, content]) => ({
    path,
    content: contentOf(path, content),
  }))
  const total = given.reduce((sum, { content }) => sum + content.length, 0)
  if (total > largestBytes) {
    throw new UserError(`files: ${total} bytes together; at most ${largestBytes} are accepted`)
  }
  return given
}

function contentOf(path: string, content: unknown): Buffer {
  if (content instanceof Uint8Array) {
    return Buffer.from(content.buffer, content.byteOffset, content.byteLength)
  }
  throw new UserError(`files.${path}: expected a Uint8Array, got ${shownValue(content)}`)
}

/** `a/b/c` lies in `a` and in `a/b`. */
function foldersOf(path: string): string[] {
  const parts = path.split('/')
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('/'))
}

/** Throws UserError that names `field`, which is what the asker calls it. */
export function checkedPaths(field: string, paths: readonly string[]): readonly string[] {
  if (!(Array.isArray(paths) && paths.every((path) => typeof path === 'string'))) {
    throw new UserError(`${field}: expected a list of paths, got ${shownValue(paths)}`)
  }
  const characters = paths.reduce((sum, { length }) => sum + length, 0)
  if (paths.length > mostPaths || characters > mostPathCharacters) {
    const most = `at most ${mostPaths} of ${mostPathCharacters} characters together are accepted`
    throw new UserError(`${field}: ${paths.length} paths of ${characters} characters; ${most}`)
  }
  return paths.map((path) => checkedPath(field, path))
}

/** A relative path that stays in the working folder. */
function checkedPath(field: string, path: string): string {
  const names = path.split('/')
  const fine = names.every(
    (name) => !['', '.', '..'].includes(name) && Buffer.byteLength(name) <= longestName,
  )
  if (fine && !path.includes('\0') && path.length <= longestPath) return path
  throw new UserError(
    `${field}: expected a relative path inside the working folder, got ${JSON.stringify(path)}`,
  )
}

function encoded(name: string, text: unknown): Buffer {
  if (typeof text !== 'string') {
    throw new UserError(`${name}: expected a string, got ${shownValue(text)}`)
  }
  const half = /\p{Surrogate}/u.exec(text)
  if (half) {
    throw new UserError(`${name}: no UTF-8 can hold half a character (at index ${half.index})`)
  }
  const bytes = Buffer.from(text)
  if (bytes.length <= largestBytes) return bytes
  throw new UserError(`${name}: ${bytes.length} bytes; at most ${largestBytes} are accepted`)
}
