// Reads curves, thinned to what a screen can show.

import type { Database } from './database.ts'

export interface MetricSummary {
  readonly name: string
  readonly lastStep: number
  /** Null where it was no finite number. */
  readonly lastValue: number | null
}

/** What runs along the horizontal axis; wall time in seconds since the run began. */
export type CurveAxis = 'step' | 'tokens' | 'time'

export interface CurveQuery {
  readonly name: string
  readonly axis: CurveAxis
  /** Only this part of the axis, ends included. */
  readonly from?: number | undefined
  readonly to?: number | undefined
  /** Most points to return; more are averaged in equal stretches of the axis. */
  readonly limit: number
}

/** Parallel arrays, ascending in x; `low` and `high` span what each point stands for. */
export interface Curve {
  readonly x: readonly number[]
  readonly mean: readonly (number | null)[]
  readonly low: readonly (number | null)[]
  readonly high: readonly (number | null)[]
  /** Points before thinning. */
  readonly count: number
}

const emptyCurve: Curve = { x: [], mean: [], low: [], high: [], count: 0 }

export function metricSummaries(database: Database): MetricSummary[] {
  const rows = database
    .prepare(
      `SELECT n.name AS name, m.step AS lastStep, m.value AS lastValue FROM metric_name n
       JOIN metric m ON m.name = n.id
        AND m.sequence = (SELECT max(sequence) FROM metric WHERE name = n.id)
       ORDER BY n.name`,
    )
    .raw()
    .all() as [string, number, number | null][]
  return rows.map(([name, lastStep, lastValue]) => ({ name, lastStep, lastValue }))
}

export function curve(database: Database, query: CurveQuery): Curve {
  const x = {
    step: 'step',
    tokens: 'tokens',
    time: '(time - (SELECT started FROM run)) / 1000',
  }[query.axis]
  const source = `(SELECT ${x} AS x, value FROM metric
    WHERE name = (SELECT id FROM metric_name WHERE name = ?) AND x IS NOT NULL AND x >= ? AND x <= ?)`
  const range = [query.name, query.from ?? -Number.MAX_VALUE, query.to ?? Number.MAX_VALUE]
  const { count, low, high } = database
    .prepare(`SELECT count(*) AS count, min(x) AS low, max(x) AS high FROM ${source}`)
    .get(range) as { count: number; low: number | null; high: number | null }
  if (low === null || high === null) return emptyCurve
  const width = (high - low) / query.limit
  const points =
    count <= query.limit || width === 0
      ? `SELECT x, value AS mean, value AS low, value AS high FROM ${source} ORDER BY x`
      : `SELECT avg(x) AS x, avg(value) AS mean, min(value) AS low, max(value) AS high
         FROM ${source} GROUP BY CAST((x - ${low}) / ${width} AS INTEGER) ORDER BY x`
  // One JSON text crosses the border in a fifth of the time that the rows would take.
  const row = database
    .prepare(
      `SELECT json_group_array(x) AS x, json_group_array(mean) AS mean,
       json_group_array(low) AS low, json_group_array(high) AS high FROM (${points})`,
    )
    .get(range) as Record<'x' | 'mean' | 'low' | 'high', string>
  return {
    x: JSON.parse(row.x),
    mean: JSON.parse(row.mean),
    low: JSON.parse(row.low),
    high: JSON.parse(row.high),
    count,
  }
}
