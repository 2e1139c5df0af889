// All trajectories of a run: filter, sort, scroll, open.

import { useState } from 'preact/hooks'
import type { SortKey } from '../../run/trajectory-query.ts'
import type { TrajectorySummary } from '../../run/trajectory-summary.ts'
import { EmptyState } from './empty-state.tsx'
import { formatDuration, formatNumber } from './format.ts'
import { change, linkTo, parameter, route } from './route.ts'
import { RunPicker } from './run-picker.tsx'
import { currentRun } from './runs.ts'
import { Reward, StopBadge } from './trajectory-badges.tsx'
import { filterNames, TrajectoryFilters } from './trajectory-filters.tsx'
import { useTrajectoryPages } from './trajectory-pages.ts'
import { useKeys } from './use-keys.ts'
import { VirtualRows } from './virtual-rows.tsx'

const rowHeight = 38

const columns: readonly (readonly [SortKey | null, string])[] = [
  ['step', 'step'],
  ['reward', 'reward'],
  ['stop', 'stop'],
  ['calls', 'calls'],
  ['errors', 'errors'],
  ['tokens', 'tokens'],
  ['turns', 'turns'],
  ['duration', 'time'],
  ['source', 'family'],
  [null, 'question'],
]

export function TrajectoriesView() {
  const run = currentRun.value
  if (run === undefined) return <p class="quiet">Choose a run at the left.</p>
  return <TrajectoryTable run={run} />
}

function TrajectoryTable({ run }: { readonly run: string }) {
  const pages = useTrajectoryPages(run, queryOf(route.value.parameters))
  const [focus, setFocus] = useState(-1)
  const total = pages.total ?? 0
  const move = (by: number) => setFocus(Math.max(0, Math.min(total - 1, focus + by)))
  useKeys({
    j: () => move(1),
    k: () => move(-1),
    ArrowDown: () => move(1),
    ArrowUp: () => move(-1),
    Enter: () => {
      const summary = pages.row(focus)
      if (summary) location.hash = trajectoryLink(summary)
    },
    '/': () => document.getElementById('text-search')?.focus(),
  })
  return (
    <>
      <div class="tools">
        <RunPicker />
        <TrajectoryFilters run={run} />
        <output class="quiet">
          {pages.total === undefined ? '' : `${pages.total.toLocaleString()} trajectories`}
        </output>
      </div>
      {pages.error && <p class="notice notice-bad">{pages.error}</p>}
      {pages.total === 0 ? (
        <NoTrajectories />
      ) : (
        <section class="table" aria-label="Trajectories">
          <TableHead />
          <VirtualRows
            count={total}
            rowHeight={rowHeight}
            focus={focus}
            row={(index) => <TrajectoryRow summary={pages.row(index)} focused={index === focus} />}
          />
        </section>
      )}
    </>
  )
}

function NoTrajectories() {
  const filtered = filterNames.some((name) => parameter(name) !== '')
  return filtered ? (
    <EmptyState title="No such trajectory">None of this run passes these filters.</EmptyState>
  ) : (
    <EmptyState title="No trajectories">
      This run recorded none: it rolled out nothing yet, or only imitates demonstrations.
    </EmptyState>
  )
}

/** What of the address the server is asked for. */
function queryOf(parameters: Readonly<Record<string, string>>): Record<string, string> {
  const names = [...filterNames, 'sort', 'descending']
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = parameters[name]
      return value === undefined || value === '' ? [] : [[name, value]]
    }),
  )
}

export function trajectoryLink({ phase, step, id }: TrajectorySummary): string {
  return linkTo('trajectory', { run: currentRun.value ?? '', phase, step: String(step), id })
}

function TableHead() {
  const sort = parameter('sort', 'recorded')
  const descending = parameter('descending', 'true') === 'true'
  return (
    <div class="row row-head">
      {columns.map(([key, label]) => (
        <span key={label} class={`cell cell-${label}`}>
          {key === null ? (
            label
          ) : (
            <button
              type="button"
              onClick={() =>
                change({ sort: key, descending: String(key === sort ? !descending : true) })
              }
            >
              {label}
              {key === sort ? (descending ? ' ↓' : ' ↑') : ''}
            </button>
          )}
        </span>
      ))}
    </div>
  )
}

interface TrajectoryRowProperties {
  readonly summary: TrajectorySummary | undefined
  readonly focused: boolean
}

function TrajectoryRow({ summary, focused }: TrajectoryRowProperties) {
  if (!summary) return <div class="row row-waiting" />
  return (
    <a
      class={`row ${focused ? 'row-focused' : ''}`}
      href={trajectoryLink(summary)}
      aria-current={focused}
    >
      <span class="cell cell-step">{summary.step}</span>
      <span class="cell cell-reward">
        <Reward reward={summary.reward} correct={summary.correct} />
      </span>
      <span class="cell cell-stop">
        <StopBadge summary={summary} />
      </span>
      <span class="cell cell-calls">{summary.calls}</span>
      <span class={`cell cell-errors ${summary.errors > 0 ? 'warn' : 'quiet'}`}>
        {summary.errors}
      </span>
      <span class="cell cell-tokens">{formatNumber(summary.responseTokens)}</span>
      <span class="cell cell-turns">{summary.turns}</span>
      <span class="cell cell-time">{formatDuration(summary.durationMs / 1000)}</span>
      <span class="cell cell-family" title={summary.source}>
        {summary.source}
      </span>
      <span class="cell cell-question">{summary.question}</span>
    </a>
  )
}
