// What a worker is told of a program: the limits that a person chose and the fixed ones around them.

import type { CheckedProgram } from '../program.ts'
import type { Limits } from '../sandbox.ts'

/** Where a cell runs; a program without one runs anywhere. */
export interface CellPlace {
  readonly session: number
  readonly file: string
}

const leastCpuMs = 10_000

export function runHeader(
  id: number,
  program: CheckedProgram,
  cell: CellPlace | undefined,
): object {
  const { code, stdin, seed, limits } = program
  const shared = {
    limits: workerLimits(limits),
    seed,
    codeBytes: code.length,
    stdin: stdin !== undefined,
  }
  if (!cell) return { run: id, ...shared }
  return { cell: id, session: cell.session, file: cell.file, ...shared }
}

export function openHeader(id: number, limits: Limits, seed: number | null): object {
  return { open: id, limits: workerLimits(limits), seed }
}

function workerLimits(limits: Limits): object {
  return {
    timeoutMs: limits.timeoutMs,
    memoryMb: limits.memoryMb,
    cpuMs: Math.max(leastCpuMs, limits.timeoutMs),
    processes: 32,
    files: 64,
    fileMb: 16,
    headBytes: 65_536,
    tailBytes: 65_536,
    outputBytes: 32 << 20,
  }
}
