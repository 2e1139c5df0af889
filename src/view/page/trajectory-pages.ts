// The rows of a long list of trajectories, fetched page by page as they come into sight.

import { useEffect, useRef, useState } from 'preact/hooks'
import type { TrajectorySummary } from '../../run/trajectory-summary.ts'
import { fetchJson, runAddress } from './data.ts'
import { versions } from './live.ts'

export interface TrajectoryPage {
  readonly total: number
  readonly rows: readonly TrajectorySummary[]
}

const pageSize = 100

export interface TrajectoryPages {
  /** Undefined until the first page is here. */
  readonly total: number | undefined
  readonly error: string | undefined
  /** The row, or undefined while its page is on the way; asking for it fetches it. */
  row(index: number): TrajectorySummary | undefined
}

/** The pages of one query; another query gets another. */
interface Held {
  readonly stamp: string
  readonly run: string
  readonly query: Readonly<Record<string, string>>
  readonly rows: Map<number, TrajectoryPage>
  readonly asked: Set<number>
}

export function useTrajectoryPages(
  run: string,
  query: Readonly<Record<string, string>>,
): TrajectoryPages {
  const stamp = JSON.stringify([run, query])
  const version = versions.value[run] ?? 0
  const pages = useRef<Held | null>(null)
  const [state, setState] = useState<{ total?: number; error?: string; stamp: string }>({ stamp })
  if (pages.current?.stamp !== stamp) {
    pages.current = { stamp, run, query, rows: new Map(), asked: new Set() }
  }
  const ask = (page: number) => {
    const mine = pages.current
    if (!mine || mine.asked.has(page)) return
    mine.asked.add(page)
    const address = runAddress(mine.run, '/trajectories', {
      ...mine.query,
      offset: page * pageSize,
      limit: pageSize,
    })
    fetchJson<TrajectoryPage>(address).then(
      (found) => {
        if (pages.current !== mine) return
        mine.rows.set(page, found)
        setState({ total: found.total, stamp: mine.stamp })
      },
      (error: Error) => {
        if (pages.current === mine) setState({ error: error.message, stamp: mine.stamp })
      },
    )
  }
  useEffect(() => {
    // What is in sight stays until the new rows are here.
    pages.current?.asked.clear()
    ask(0)
  }, [stamp, version])
  const now = state.stamp === stamp ? state : { stamp }
  return {
    total: 'total' in now ? now.total : undefined,
    error: 'error' in now ? now.error : undefined,
    row: (index) => {
      const page = Math.floor(index / pageSize)
      ask(page)
      return pages.current?.rows.get(page)?.rows[index % pageSize]
    },
  }
}
