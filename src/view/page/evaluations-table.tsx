// The evaluations of a run: one row each, a column for every number of its report.

import type { RecordedEvaluation } from '../../run/note-query.ts'
import { runAddress, useData } from './data.ts'
import { formatNumber } from './format.ts'

interface Description {
  readonly evaluations: readonly RecordedEvaluation[]
}

const mostColumns = 10

export function EvaluationsTable({ run }: { readonly run: string }) {
  const { data } = useData<Description>(runAddress(run, ''), run)
  const rows = (data?.evaluations ?? []).map((evaluation) => ({
    evaluation,
    numbers: new Map(numbersOf(evaluation.report)),
  }))
  if (rows.length === 0) return null
  const names = [...new Set(rows.flatMap(({ numbers }) => [...numbers.keys()]))]
  return (
    <section class="evaluations">
      <h2>Evaluations of {run}</h2>
      <div class="config-place">
        <table class="config">
          <thead>
            <tr>
              <th scope="col">step</th>
              <th scope="col">set</th>
              {names.slice(0, mostColumns).map((name) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(({ evaluation, numbers }) => (
              <tr key={`${evaluation.step} ${evaluation.name} ${evaluation.time}`}>
                <th scope="row">{evaluation.step}</th>
                <td>{evaluation.name}</td>
                {names.slice(0, mostColumns).map((name) => (
                  <td key={name}>{numbers.get(name) ?? '–'}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  )
}

/** What a report says of everything, with intervals as such; per-problem numbers are too many. */
function numbersOf(report: unknown): [string, string][] {
  const all = isRecord(report) && isRecord(report['all']) ? report['all'] : report
  return isRecord(all) ? cellsOf(all, '') : []
}

const leftOut = ['behaviour', 'perProblem', 'bySource', 'byLabel']

function cellsOf(record: Readonly<Record<string, unknown>>, prefix: string): [string, string][] {
  return Object.entries(record).flatMap(([key, value]): [string, string][] => {
    const name = prefix === '' ? key : `${prefix}@${key}`
    if (typeof value === 'number') return [[name, formatNumber(value)]]
    if (!isRecord(value) || leftOut.includes(key)) return []
    const { mean, low, high } = value
    if (typeof mean !== 'number' || typeof low !== 'number' || typeof high !== 'number') {
      return cellsOf(value, name)
    }
    return [[name, `${formatNumber(mean, 3)} (${formatNumber(low, 3)} – ${formatNumber(high, 3)})`]]
  })
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
