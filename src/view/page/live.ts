// Word from the server of which runs have changed, and whether it is still there.

import { signal } from '@preact/signals'

export const connection = signal<'connecting' | 'live' | 'lost'>('connecting')

/** A number for each run that rises with every change. */
export const versions = signal<Readonly<Record<string, number>>>({})
/** Rises when any run changes, comes or goes. */
export const anyVersion = signal(0)

export function listenToServer(): void {
  const source = new EventSource('api/live')
  source.addEventListener('hello', () => {
    // After a lost connection nobody knows what was missed.
    if (connection.value === 'lost') bump(Object.keys(versions.value))
    connection.value = 'live'
  })
  source.addEventListener('changed', (event) => {
    bump(JSON.parse(event.data) as string[])
  })
  source.addEventListener('error', () => {
    connection.value = 'lost'
  })
}

function bump(runs: readonly string[]): void {
  const next = { ...versions.value }
  for (const run of runs) next[run] = (next[run] ?? 0) + 1
  versions.value = next
  anyVersion.value += 1
}
