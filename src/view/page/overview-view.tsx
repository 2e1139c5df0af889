// All runs with state, progress, time left and last reward.

import type { Curve } from '../../run/metric-query.ts'
import { runAddress, useData } from './data.ts'
import { formatAgo, formatDuration, formatNumber, formatShare, formatTime } from './format.ts'
import { linkTo } from './route.ts'
import { allRuns, colourOf, type KeyedRun } from './runs.ts'
import { Sparkline } from './sparkline.tsx'

export function OverviewView() {
  const runs = [...(allRuns.value ?? [])].sort(
    (a, b) => (b.state?.started ?? 0) - (a.state?.started ?? 0),
  )
  return (
    <div class="cards">
      {runs.map((run) => (
        <RunCard key={run.key} run={run} />
      ))}
    </div>
  )
}

function RunCard({ run }: { readonly run: KeyedRun }) {
  const { state } = run
  const trend = useTrend(run)
  const link = (view: Parameters<typeof linkTo>[0]) => linkTo(view, { runs: run.key, run: run.key })
  return (
    <article class="card" style={{ '--run': colourOf(run.key) }}>
      <header class="card-head">
        <a class="card-title" href={link('curves')}>
          {run.key}
        </a>
        <StatusPill run={run} />
      </header>
      <p class="quiet card-when">
        {state
          ? `${state.command} · started ${formatTime(state.started)}`
          : 'its database cannot be read'}
      </p>
      {state && <Progress run={run} />}
      <Sparkline
        values={trend.values}
        colour={colourOf(run.key)}
        label={`${trend.name} of ${run.key} over steps`}
      />
      <dl class="facts">
        {trend.name === 'loss' ? (
          <Fact name="loss" value={formatNumber(trend.values.at(-1), 3)} />
        ) : (
          <>
            <Fact name="reward" value={formatNumber(run.lastReward, 3)} />
            <Fact name="accuracy" value={formatShare(run.lastAccuracy)} />
          </>
        )}
        <Fact
          name="trajectories"
          value={formatNumber(run.trajectories)}
          href={link('trajectories')}
        />
        <Fact
          name="warnings"
          value={String(run.warnings)}
          href={link('warnings')}
          bad={run.warnings > 0}
        />
      </dl>
      {state?.message && state.status !== 'running' && (
        <p
          class={`notice notice-short notice-${state.status === 'failed' ? 'bad' : 'warn'}`}
          title={state.message}
        >
          <span>{state.message}</span>
        </p>
      )}
      {run.damage.map(({ file, message }) => (
        <p key={file + message} class="notice notice-bad">
          <b>{file}</b> cannot be read: {message}
        </p>
      ))}
      {run.tags.length > 0 && (
        <p class="tags">
          {run.tags.map((tag) => (
            <span key={tag} class="tag">
              {tag}
            </span>
          ))}
        </p>
      )}
    </article>
  )
}

export function StatusPill({ run }: { readonly run: KeyedRun }) {
  const status = run.state?.status ?? 'damaged'
  return <span class={`pill pill-${status}`}>{status}</span>
}

interface FactProperties {
  readonly name: string
  readonly value: string
  readonly href?: string
  readonly bad?: boolean
}

export function Fact({ name, value, href, bad = false }: FactProperties) {
  return (
    <div class="fact">
      <dt>{name}</dt>
      <dd class={bad ? 'warn' : ''}>{href === undefined ? value : <a href={href}>{value}</a>}</dd>
    </div>
  )
}

function Progress({ run }: { readonly run: KeyedRun }) {
  const { state, secondsLeft } = run
  if (!state) return null
  const ended = state.status === 'finished'
  const share = state.totalSteps ? Math.min(1, state.step / state.totalSteps) : ended ? 1 : 0
  const rest =
    state.status === 'running'
      ? secondsLeft === null
        ? `heard from ${formatAgo(state.heartbeat)}`
        : `${formatDuration(secondsLeft)} left`
      : `took ${formatDuration(((state.ended ?? state.heartbeat) - state.started) / 1000)}`
  return (
    <div class="progress-block">
      <div class="progress">
        <i style={{ width: `${share * 100}%` }} class={`progress-${state.status}`} />
      </div>
      <div class="progress-words">
        <span>
          step {state.step}
          {state.totalSteps === null ? '' : ` of ${state.totalSteps}`}
        </span>
        <span>{rest}</span>
      </div>
    </div>
  )
}

/** Imitation has no reward: there the loss tells how it goes. */
function useTrend(run: KeyedRun): { readonly name: string; readonly values: Curve['mean'] } {
  const [name, metric] =
    run.state?.command === 'sft' ? ['loss', 'imitation/loss'] : ['reward', 'reward/mean']
  const { data } = useData<Curve>(
    run.state ? runAddress(run.key, '/curve', { name: metric, axis: 'step', limit: 120 }) : null,
    run.key,
  )
  return { name, values: data?.mean ?? [] }
}
