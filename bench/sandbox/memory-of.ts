// Memory that a process and its descendants take: shared pages are divided among their users.

import { readdirSync, readFileSync } from 'node:fs'

/** Megabytes (PSS) of the processes below `pid`; the process itself is left out. */
export function memoryBelow(pid: number): number {
  return childrenOf(pid).reduce((sum, child) => sum + share(child) + memoryBelow(child), 0)
}

function childrenOf(pid: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && field(name, 'status', 'PPid') === pid)
    .map(Number)
}

function share(pid: number): number {
  return field(String(pid), 'smaps_rollup', 'Pss') / 1024
}

function field(pid: string, file: string, name: string): number {
  try {
    const text = readFileSync(`/proc/${pid}/${file}`, 'utf8')
    return Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0)
  } catch {
    return 0
  }
}
