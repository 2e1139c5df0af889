// A program, or what it reads, as text: never more of a file than the sandbox takes.

import { closeSync, openSync, readSync } from 'node:fs'
import { UserError } from '../../base/errors.ts'
import { readFailure } from '../../base/read-failure.ts'
import { largestBytes } from '../../sandbox/program.ts'

/** `name` is what the person called it; a descriptor stays open. Throws UserError. */
export function programText(source: string | number, name: string): string {
  const bytes = boundedBytes(source, name)
  if (bytes.length > largestBytes) {
    throw new UserError(`${name}: more than ${largestBytes} bytes`, 2)
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new UserError(`${name}: not UTF-8; save the file as UTF-8`, 2)
  }
}

/** At most one byte more than is taken: a file can be endless. */
function boundedBytes(source: string | number, name: string): Buffer {
  const bytes = Buffer.allocUnsafe(largestBytes + 1)
  let descriptor: number | undefined
  let size = 0
  try {
    descriptor = typeof source === 'number' ? source : openSync(source, 'r')
    for (let read = -1; read !== 0 && size < bytes.length; size += read) {
      read = readSync(descriptor, bytes, size, bytes.length - size, null)
    }
    return bytes.subarray(0, size)
  } catch (error) {
    throw new UserError(`${name}: ${readFailure(error)}`, 2)
  } finally {
    if (typeof source === 'string' && descriptor !== undefined) closeSync(descriptor)
  }
}
