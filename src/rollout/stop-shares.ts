// Why trajectories ended, as shares: a limit that ends many is to be seen, not guessed.

import type { Stop, Trajectory } from '../trajectory/trajectory.ts'

/** `answered`, `ended`, `limit/turns`, `malformed/noFence`, `cancelled`, `failed/sandbox`. */
export function stopName(stop: Stop): string {
  switch (stop.kind) {
    case 'limit':
      return `limit/${stop.limit}`
    case 'malformed':
      return `malformed/${stop.name}`
    case 'failed':
      return `failed/${stop.failure.border}`
    case 'answered':
    case 'ended':
    case 'cancelled':
      return stop.kind
    default:
      stop satisfies never
      return ''
  }
}

/** Share of the trajectories that ended by each stop; empty for none. */
export function stopShares(
  trajectories: readonly Pick<Trajectory, 'stop'>[],
): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const { stop } of trajectories) {
    const name = stopName(stop)
    counts[name] = (counts[name] ?? 0) + 1
  }
  return Object.fromEntries(
    Object.entries(counts).map(([name, count]) => [name, count / trajectories.length]),
  )
}

/** One line for each limit that ends more than `share` of the trajectories. */
export function limitWarnings(
  shares: Readonly<Record<string, number>>,
  share = 0.1,
): readonly string[] {
  return Object.entries(shares)
    .filter(([name, value]) => name.startsWith('limit/') && value > share)
    .map(([name, value]) => {
      const limit = name.slice('limit/'.length)
      return `the limit ${limit} ended ${Math.round(value * 100)} % of the trajectories; raise limits.${limitKey(limit)} if that is not wanted`
    })
}

function limitKey(limit: string): string {
  return limit === 'wallTime' ? 'wallTimeMs' : limit
}
