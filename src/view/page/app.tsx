// The shell: runs at the left, views at the top, the present view below.

import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import { ConfigView } from './config-view.tsx'
import { CurvesView } from './curves-view.tsx'
import { useData } from './data.ts'
import { EmptyState } from './empty-state.tsx'
import { FiguresView } from './figures-view.tsx'
import { GroupView } from './group-view.tsx'
import { HelpDialog } from './help-dialog.tsx'
import { viewKeys } from './keys.ts'
import { connection } from './live.ts'
import { OverviewView } from './overview-view.tsx'
import { ProblemView } from './problem-view.tsx'
import { linkTo, route, type ViewName } from './route.ts'
import { RunSidebar } from './run-sidebar.tsx'
import { allRuns, chosenRuns, type KeyedRun } from './runs.ts'
import { SystemView } from './system-view.tsx'
import { theme, toggleTheme } from './theme.ts'
import { TrajectoriesView } from './trajectories-view.tsx'
import { TrajectoryView } from './trajectory-view.tsx'
import { WarningsView } from './warnings-view.tsx'

const views: Readonly<Record<ViewName, () => JSX.Element>> = {
  overview: OverviewView,
  curves: CurvesView,
  figures: FiguresView,
  trajectories: TrajectoriesView,
  trajectory: TrajectoryView,
  group: GroupView,
  problem: ProblemView,
  warnings: WarningsView,
  config: ConfigView,
  system: SystemView,
}

/** Views without a tab of their own stand under this one. */
const tabOf: Partial<Record<ViewName, ViewName>> = {
  trajectory: 'trajectories',
  group: 'trajectories',
  problem: 'trajectories',
}

export function App() {
  const { data, error } = useData<KeyedRun[]>('api/runs')
  useEffect(() => {
    if (data) allRuns.value = data
  }, [data])
  const View = views[route.value.view]
  return (
    <div class="shell">
      <RunSidebar />
      <div class="main">
        <Header />
        <main class={`view view-${route.value.view}`}>
          {error && <p class="notice notice-bad">The server does not answer: {error}</p>}
          {allRuns.value === null ? (
            <p class="quiet loading">Opening the runs …</p>
          ) : allRuns.value.length === 0 ? (
            <NoRuns />
          ) : (
            <>
              <DamageNotice />
              <View />
            </>
          )}
        </main>
      </div>
      <HelpDialog />
    </div>
  )
}

/** Said wherever a damaged run is among those shown, since its views have gaps then. */
function DamageNotice() {
  const damaged = (allRuns.value ?? []).filter(
    ({ key, damage }) => damage.length > 0 && chosenRuns.value.includes(key),
  )
  if (route.value.view === 'overview' || damaged.length === 0) return null
  return (
    <p class="notice notice-bad">
      {damaged.map(({ key, damage }) => (
        <span key={key}>
          {key}: {damage[0]?.file} cannot be read ({damage[0]?.message}); the rest is shown.{' '}
        </span>
      ))}
    </p>
  )
}

function Header() {
  const shown = tabOf[route.value.view] ?? route.value.view
  return (
    <header class="top">
      <nav aria-label="Views">
        {Object.entries(viewKeys).map(([key, view]) => (
          <a
            key={view}
            href={linkTo(view)}
            class="tab"
            aria-current={view === shown ? 'page' : undefined}
            title={`g ${key}`}
          >
            {view}
          </a>
        ))}
      </nav>
      <div class="top-end">
        <span class={`live live-${connection.value}`} role="status">
          {connection.value}
        </span>
        <button type="button" class="icon-button" onClick={toggleTheme} title="Light or dark (T)">
          {theme.value === 'dark' ? '☀' : '☾'}
        </button>
      </div>
    </header>
  )
}

function NoRuns() {
  return (
    <EmptyState title="No runs yet">
      Start one with <code>retool-rl train</code>; it appears here by itself.
    </EmptyState>
  )
}
