// A quick load: the same program many times with a bound on how many are in flight.

import { at } from '../../base/check.ts'
import type { Execution } from '../../sandbox/sandbox.ts'
import { table } from '../table.ts'

export interface Load {
  readonly seconds: number
  /** Milliseconds from call to answer, ascending. */
  readonly latencies: readonly number[]
  readonly statuses: ReadonlyMap<string, number>
  /** Calls that our side failed. */
  readonly failures: number
}

export async function measuredLoad(
  execute: () => Promise<Execution>,
  { repeat, concurrency }: { readonly repeat: number; readonly concurrency: number },
): Promise<Load> {
  const latencies: number[] = []
  const statuses = new Map<string, number>()
  let failures = 0
  let begun = 0
  const one = async () => {
    while (begun++ < repeat) {
      const start = performance.now()
      try {
        const { status } = await execute()
        statuses.set(status, (statuses.get(status) ?? 0) + 1)
      } catch {
        failures++
      }
      latencies.push(performance.now() - start)
    }
  }
  const start = performance.now()
  await Promise.all(Array.from({ length: Math.min(concurrency, repeat) }, one))
  const seconds = (performance.now() - start) / 1000
  latencies.sort((a, b) => a - b)
  return { seconds, latencies, statuses, failures }
}

export function loadTable(load: Load, concurrency: number): string {
  const quantile = (share: number) => {
    const index = Math.min(load.latencies.length - 1, Math.floor(share * load.latencies.length))
    return at(load.latencies, index).toFixed(1)
  }
  const counts = [...load.statuses].map(([status, count]) => `${count} ${status}`)
  const rows = [
    [
      String(concurrency),
      (load.latencies.length / load.seconds).toFixed(1),
      quantile(0.5),
      quantile(0.95),
      quantile(0.99),
      [...counts, `${load.failures} failed`].join(', '),
    ],
  ]
  const head = ['concurrency', 'programs/s', 'p50 ms', 'p95 ms', 'p99 ms', 'ended']
  return table(rows, { head, align: ['right', 'right', 'right', 'right', 'right', 'left'] })
}
