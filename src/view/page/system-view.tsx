// How busy the machine was, and what it is.

import type { Environment } from '../../run/environment.ts'
import type { MetricSummary } from '../../run/metric-query.ts'
import { CurveChart } from './curve-chart.tsx'
import { runAddress, useData } from './data.ts'
import { EmptyState } from './empty-state.tsx'
import { formatNumber } from './format.ts'
import { RunPicker } from './run-picker.tsx'
import { currentRun } from './runs.ts'

interface Description {
  readonly environment: Environment | null
  readonly metrics: readonly MetricSummary[]
}

export function SystemView() {
  const run = currentRun.value
  const { data, error } = useData<Description>(run === undefined ? null : runAddress(run, ''), run)
  const names = (data?.metrics ?? [])
    .map(({ name }) => name)
    .filter((name) => name.startsWith('system/') && name !== 'system/cores')
  return (
    <>
      <div class="tools">
        <RunPicker />
        <span class="quiet hint">load of all chosen runs, over wall time</span>
      </div>
      {error && <p class="notice notice-bad">{error}</p>}
      {data && names.length === 0 && (
        <EmptyState title="No load yet">
          It is recorded every few seconds while a run goes on.
        </EmptyState>
      )}
      <div class="plots">
        {names.map((name) => (
          <CurveChart key={name} name={name} axis="time" />
        ))}
      </div>
      {data?.environment && <Machine environment={data.environment} />}
    </>
  )
}

function Machine({ environment }: { readonly environment: Environment }) {
  const { git, more, command, ...rest } = environment
  const rows: [string, string][] = [
    ...Object.entries(rest).map(([name, value]): [string, string] => [
      name,
      typeof value === 'number' ? formatNumber(value) : String(value),
    ]),
    ['command', command.join(' ')],
    ['git', git ? `${git.commit.slice(0, 12)} on ${git.branch}` : 'none'],
    ['uncommitted', git ? String(git.changed.length) : '–'],
    ...Object.entries(more).map(([name, value]): [string, string] => [name, JSON.stringify(value)]),
  ]
  return (
    <table class="config machine">
      <tbody>
        {rows.map(([name, value]) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td>{value}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
