// Writing a file so that its name never stands for half of it: aside, to the disk, then renamed.

import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileError } from './file-error.ts'

/** Appends bytes to the file being written. */
export type Append = (bytes: Uint8Array) => void

/** Writes `path` through `write`. After a failure the old file, if any, is as it was. */
export function writeAtomically(path: string, write: (append: Append) => void): void {
  const partial = `${path}.partial-${process.pid}`
  try {
    mkdirSync(dirname(path), { recursive: true })
    writeThrough(partial, write)
    renameSync(partial, path)
  } catch (error) {
    removeQuietly(partial)
    throw fileError('write', path, error)
  }
}

/** Removes what a failed write left; the failure itself is what people must see, not this one's. */
export function removeQuietly(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true })
  } catch {
    // A part of the path is no folder, or the disk is gone: nothing was left there.
  }
}

function writeThrough(path: string, write: (append: Append) => void): void {
  const descriptor = openSync(path, 'w')
  try {
    write((bytes) => {
      // One write call moves at most 2 GiB, and may move less than it was given.
      for (let done = 0; done < bytes.byteLength; ) {
        done += writeSync(descriptor, bytes, done, Math.min(bytes.byteLength - done, 1 << 30))
      }
    })
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

/** Writes a value as indented JSON with a newline at the end, atomically. */
export function writeJsonFile(path: string, value: unknown): void {
  writeAtomically(path, (append) => append(Buffer.from(`${JSON.stringify(value, null, 2)}\n`)))
}
