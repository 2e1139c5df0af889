// Says whether the process that wrote something is still the one that runs under its number.

import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'

export interface ProcessIdentity {
  readonly host: string
  readonly pid: number
  /** When it started, in the kernel's ticks since boot, and the boot; null where unknown. */
  readonly start: string | null
}

export function ownIdentity(): ProcessIdentity {
  return { host: hostname(), pid: process.pid, start: startOf(process.pid) }
}

/** Null when it ran on another machine, where nobody here can look. */
export function isAlive(identity: ProcessIdentity): boolean | null {
  if (identity.host !== hostname()) return null
  try {
    process.kill(identity.pid, 0)
  } catch (error) {
    // EPERM: it is there but belongs to somebody else.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
  return identity.start === null || startOf(identity.pid) === identity.start
}

function startOf(pid: number): string | null {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    const status = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // Fields 3 and 22; the second field is a name in brackets that may hold spaces.
    const fields = status.slice(status.lastIndexOf(')') + 2).split(' ')
    const [state, start] = [fields[0], fields[19]]
    // A zombie writes nothing any more: it only waits for its parent.
    return start && state !== 'Z' ? `${boot} ${start}` : null
  } catch {
    return null
  }
}
