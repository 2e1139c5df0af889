// What a pool's supervisor has on the machine: what must be the same after an attack as before.

import { readdirSync, readFileSync } from 'node:fs'

export interface Trace {
  readonly processes: number
  readonly descriptors: number
  readonly mounts: number
  readonly groups: number
  /** Processes of the ids that its snippets get; other pools of the machine have others. */
  readonly snippets: number
}

/** As the worker's slots.py gives ids out. */
const firstUser = 1 << 20
const usersPerWorker = 256
const workers = 4096

export function traceOf(supervisor: number): Trace {
  const processes = allProcesses()
  const inside = (pid: number): boolean =>
    pid === supervisor || (pid > 1 && inside(processes.get(pid)?.parent ?? 0))
  const lowest = firstUser + (supervisor % workers) * usersPerWorker
  const isSnippets = (user: number) => user >= lowest && user < lowest + usersPerWorker
  return {
    processes: [...processes.keys()].filter(inside).length,
    descriptors: readdirSync(`/proc/${supervisor}/fd`).length,
    mounts: readFileSync(`/proc/${supervisor}/mountinfo`, 'utf8').split('\n').length,
    groups: groupsOf(supervisor),
    snippets: [...processes.values()].filter(({ user }) => isSnippets(user)).length,
  }
}

function allProcesses(): Map<number, { parent: number; user: number }> {
  const found = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return new Map(
    found.flatMap((pid) => {
      const status = textOf(`/proc/${pid}/status`)
      const field = (name: string) =>
        Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1])
      const entry = { parent: field('PPid'), user: field('Uid') }
      return status === '' ? [] : [[Number(pid), entry] as const]
    }),
  )
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return '' // the process has ended meanwhile
  }
}

function groupsOf(supervisor: number): number {
  const folders = ['/sys/fs/cgroup/memory', '/sys/fs/cgroup/pids', '/sys/fs/cgroup']
  const names = folders.flatMap((folder) => {
    try {
      return readdirSync(folder)
    } catch {
      return []
    }
  })
  return names.filter((name) => name.startsWith(`retool-${supervisor}-`)).length
}
