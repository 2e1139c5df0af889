// The evaluations of a run: one row each, a column for every number of its report.

import type { RecordedEvaluation } from '../../run/note-query.ts'
import { runAddress, useData } from './data.ts'
import { formatName, formatNumber } from './format.ts'

interface Description {
  readonly evaluations: readonly RecordedEvaluation[]
}

const mostColumns = 10

export function EvaluationsTable({ run }: { readonly run: string }) {
  const { data } = useData<Description>(runAddress(run, ''), run)
  const rows = (data?.evaluations ?? []).map((evaluation) => ({
    evaluation,
    numbers: new Map(numbersOf(evaluation.report, '')),
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
              <th scope="col">problems</th>
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
                  <td key={name}>{formatNumber(numbers.get(name))}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  )
}

/** Every number of a report, also inside records; lists are left out. */
function numbersOf(value: unknown, name: string): [string, number][] {
  if (typeof value === 'number') return [[name, value]]
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return []
  return Object.entries(value).flatMap(([key, inner]) =>
    numbersOf(inner, name === '' ? formatName(key) : `${name}, ${key}`),
  )
}
