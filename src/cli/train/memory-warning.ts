// Says before a training begins that there may not be enough memory for it.

import { availableMemory } from '../../base/machine-memory.ts'
import { type MemoryPart, neededMemory } from '../../train/memory-estimate.ts'

/** A line for standard error; null where there is enough. */
export function memoryWarning(
  parts: readonly MemoryPart[],
  available: number = availableMemory(),
): string | null {
  const needed = neededMemory(parts)
  if (needed <= available) return null
  return `this needs about ${gigabytes(needed)} GB of memory, and ${gigabytes(available)} GB are free: the system may end it; close other programs\n`
}

function gigabytes(bytes: number): string {
  return (bytes / 2 ** 30).toFixed(1)
}
