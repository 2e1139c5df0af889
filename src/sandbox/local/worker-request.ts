// What a worker is told of a program: the limits that a person chose and the fixed ones around them.

import type { CheckedProgram } from '../program.ts'
import type { Limits } from '../sandbox.ts'

/** Where a cell runs; a program without one runs anywhere. */
export interface CellPlace {
  readonly session: number
  readonly file: string
}

const leastCpuMs = 10_000

/** The header of a request and the parts of its body, in the order in which the worker reads them. */
export function runRequest(
  id: number,
  program: CheckedProgram,
  cell: CellPlace | undefined,
): { header: object; body: readonly Buffer[] } {
  const { code, stdin, seed, limits, files, fetchFiles } = program
  const source = [code, ...files.map(({ content }) => content)]
  const shared = {
    limits: workerLimits(limits),
    seed,
    codeBytes: code.length,
    sourceBytes: source.reduce((sum, { length }) => sum + length, 0),
    stdinBytes: stdin?.length ?? null,
    files: files.map(({ path, content }) => [path, content.length]),
    fetch: fetchFiles,
  }
  const place = cell ? { cell: id, session: cell.session, file: cell.file } : { run: id }
  return { header: { ...place, ...shared }, body: stdin ? [...source, stdin] : source }
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
