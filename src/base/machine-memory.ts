// How much memory there is for this process.

import { existsSync, readFileSync } from 'node:fs'
import { freemem, totalmem } from 'node:os'

/** Bytes of the machine, or of the container where that may have less. */
export function machineMemory(): number {
  const allowed = process.constrainedMemory()
  return allowed > 0 ? Math.min(allowed, totalmem()) : totalmem()
}

/** Bytes that are free, and that the system would give up for us. */
export function availableMemory(): number {
  const file = '/proc/meminfo'
  const kilobytes = existsSync(file)
    ? /^MemAvailable:\s*(\d+)/m.exec(readFileSync(file, 'utf8'))?.[1]
    : undefined
  return Math.min(machineMemory(), kilobytes ? Number(kilobytes) * 1024 : freemem())
}
