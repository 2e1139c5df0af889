// Curves of the chosen runs, metric by metric.

import { useEffect, useState } from 'preact/hooks'
import type { CurveAxis, MetricSummary } from '../../run/metric-query.ts'
import type { RecordedWarning } from '../../run/note-query.ts'
import { ChoiceButtons } from './choice-buttons.tsx'
import { CurveChart } from './curve-chart.tsx'
import { fetchJson, runAddress, useData } from './data.ts'
import { anyVersion } from './live.ts'
import { change, parameter } from './route.ts'
import { chosenRuns } from './runs.ts'
import { SmoothingSlider } from './smoothing-slider.tsx'
import { useKeys } from './use-keys.ts'

interface RunDescription {
  readonly metrics: readonly MetricSummary[]
}

export function CurvesView() {
  const names = useMetricNames(chosenRuns.value)
  const marks = useWarningMarks()
  const search = parameter('search')
  const shown = names.filter((name) => name.toLowerCase().includes(search.toLowerCase()))
  useKeys({ '/': () => document.getElementById('metric-search')?.focus() })
  return (
    <>
      <CurveTools />
      {chosenRuns.value.length === 0 && <p class="quiet">Choose runs at the left.</p>}
      {groupsOf(shown).map(([group, members]) => (
        <section key={group} class="curve-group">
          <h2>
            {group} <span class="quiet">{members.length}</span>
          </h2>
          <div class="plots">
            {members.map((name) => (
              <CurveChart key={name} name={name} marks={marks} />
            ))}
          </div>
        </section>
      ))}
    </>
  )
}

/** By the part before the slash; what people look at first comes first, the machine last. */
function groupsOf(names: readonly string[]): [string, string[]][] {
  const groups = new Map<string, string[]>()
  for (const name of names) {
    const group = name.includes('/') ? (name.split('/')[0] ?? '') : 'other'
    groups.set(group, [...(groups.get(group) ?? []), name])
  }
  const order = ['reward', 'evaluation', 'behaviour', 'rollout', 'groups', 'update', 'time']
  const rank = (group: string) => {
    if (group === 'system') return order.length + 1
    const found = order.indexOf(group)
    return found < 0 ? order.length : found
  }
  return [...groups].sort(([a], [b]) => rank(a) - rank(b) || a.localeCompare(b))
}

function useMetricNames(runs: readonly string[]): readonly string[] {
  const [names, setNames] = useState<readonly string[]>([])
  const key = runs.join(',')
  useEffect(() => {
    const controller = new AbortController()
    const ask = (run: string) =>
      fetchJson<RunDescription>(runAddress(run, ''), controller.signal).catch(() => null)
    Promise.all(runs.map(ask)).then((all) => {
      if (controller.signal.aborted) return
      const found = all.flatMap((one) => one?.metrics.map(({ name }) => name) ?? [])
      setNames([...new Set(found)].sort())
    })
    return () => controller.abort()
  }, [key, anyVersion.value])
  return names
}

/** Warnings are numbered by step; they are marked where there is one run and the axis counts steps. */
function useWarningMarks() {
  const [run, second] = chosenRuns.value
  const wanted = run !== undefined && second === undefined && parameter('axis', 'step') === 'step'
  const { data } = useData<RecordedWarning[]>(wanted ? runAddress(run, '/warnings') : null, run)
  return (data ?? []).map(({ step, name }) => ({ x: step, text: name }))
}

const axes: readonly { readonly name: CurveAxis; readonly text: string }[] = [
  { name: 'step', text: 'steps' },
  { name: 'tokens', text: 'tokens' },
  { name: 'time', text: 'wall time' },
]

function CurveTools() {
  const zoomed = parameter('from') !== ''
  return (
    <div class="tools">
      <input
        id="metric-search"
        class="input"
        type="search"
        placeholder="Search metrics"
        aria-label="Search metrics"
        value={parameter('search')}
        onInput={(event) => change({ search: event.currentTarget.value })}
      />
      <ChoiceButtons
        label="Horizontal axis"
        choices={axes}
        chosen={parameter('axis', 'step')}
        choose={(axis) => change({ axis, from: '', to: '' })}
      />
      <SmoothingSlider otherwise="0" />
      <Toggle name="logx" label="log x" />
      <Toggle name="logy" label="log y" />
      {zoomed && (
        <button type="button" class="button" onClick={() => change({ from: '', to: '' })}>
          Whole range
        </button>
      )}
      <span class="quiet hint">drag to zoom, double-click for all</span>
    </div>
  )
}

function Toggle({ name, label }: { readonly name: string; readonly label: string }) {
  const on = parameter(name) === '1'
  return (
    <button
      type="button"
      class="button"
      aria-pressed={on}
      onClick={() => change({ [name]: on ? '' : '1' })}
    >
      {label}
    </button>
  )
}
