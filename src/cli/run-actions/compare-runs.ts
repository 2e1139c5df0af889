// Where the configurations of runs differ, and what their metrics came to.

import { compareConfigs } from '../../run/config-difference.ts'
import { findRun } from '../../run/find-run.ts'
import { metricSummaries } from '../../run/metric-query.ts'
import { RunReader } from '../../run/run-reader.ts'
import { table } from '../table.ts'

export interface CompareOptions {
  readonly root: string
  readonly all?: boolean
  readonly json?: boolean
}

export function compareRuns(names: readonly string[], options: CompareOptions): string {
  const readers = names.map((name) => new RunReader(findRun(options.root, name)))
  try {
    const config = compareConfigs(readers.map((reader) => reader.config())).filter(
      ({ same }) => options.all || !same,
    )
    const metrics = compareMetrics(readers)
    if (options.json) return `${JSON.stringify({ runs: names, config, metrics }, null, 2)}\n`
    const rows = [
      ...config.map(({ key, values }) => [
        key,
        ...values.map((value) => JSON.stringify(value) ?? '(missing)'),
      ]),
      ...metrics.map(({ name, values }) => [
        name,
        ...values.map((value) => (value === null ? '' : String(Number(value.toPrecision(5))))),
      ]),
    ]
    return table(rows, { head: ['', ...names] })
  } finally {
    for (const reader of readers) reader[Symbol.dispose]()
  }
}

function compareMetrics(readers: readonly RunReader[]) {
  const all = readers.map(
    (reader) =>
      new Map(reader.query([], metricSummaries).map(({ name, lastValue }) => [name, lastValue])),
  )
  const names = [...new Set(all.flatMap((metrics) => [...metrics.keys()]))].sort()
  return names.map((name) => ({ name, values: all.map((metrics) => metrics.get(name) ?? null) }))
}
