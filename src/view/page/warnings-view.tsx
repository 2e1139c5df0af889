// The warnings of a run, by kind and where they happened.

import type { RecordedWarning } from '../../run/note-query.ts'
import { ChoiceButtons } from './choice-buttons.tsx'
import { runAddress, useData } from './data.ts'
import { EmptyState } from './empty-state.tsx'
import { formatTime } from './format.ts'
import { change, linkTo, parameter } from './route.ts'
import { RunPicker } from './run-picker.tsx'
import { currentRun } from './runs.ts'
import { VirtualRows } from './virtual-rows.tsx'

export function WarningsView() {
  const run = currentRun.value
  const { data, error } = useData<RecordedWarning[]>(
    run === undefined ? null : runAddress(run, '/warnings'),
    run,
  )
  const kind = parameter('kind')
  const all = data ?? []
  const shown = all.filter(({ name }) => kind === '' || name === kind)
  return (
    <>
      <div class="tools">
        <RunPicker />
        <ChoiceButtons
          label="Kind of warning"
          choices={[
            { name: '', text: `all ${all.length}` },
            ...countsOf(all).map(([name, count]) => ({ name, text: `${name} ${count}` })),
          ]}
          chosen={kind}
          choose={(name) => change({ kind: name })}
        />
      </div>
      {error && <p class="notice notice-bad">{error}</p>}
      {data && all.length === 0 && (
        <EmptyState title="No warnings">
          Nothing in this run was out of the ordinary so far.
        </EmptyState>
      )}
      {shown.length > 0 && (
        <div class="table warnings">
          <VirtualRows
            count={shown.length}
            rowHeight={40}
            focus={-1}
            row={(index) => <WarningRow warning={shown[index]} run={run ?? ''} />}
          />
        </div>
      )}
    </>
  )
}

function countsOf(warnings: readonly RecordedWarning[]): [string, number][] {
  const counts = new Map<string, number>()
  for (const { name } of warnings) counts.set(name, (counts.get(name) ?? 0) + 1)
  return [...counts].sort(([, a], [, b]) => b - a)
}

interface WarningRowProperties {
  readonly warning: RecordedWarning | undefined
  readonly run: string
}

function WarningRow({ warning, run }: WarningRowProperties) {
  if (!warning) return null
  const { step, time, name, message, trajectory } = warning
  const link =
    trajectory === null
      ? linkTo('trajectories', { run, step: `${step}..${step}` })
      : linkTo('trajectory', { run, phase: 'train', step: String(step), id: trajectory })
  return (
    <a class="row warning-row" href={link}>
      <span class="cell cell-step">step {step}</span>
      <span class="badge badge-malformed">{name}</span>
      <span class="cell warning-message" title={message}>
        {message}
      </span>
      <span class="quiet">{formatTime(time)}</span>
    </a>
  )
}
