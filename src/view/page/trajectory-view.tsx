// One trajectory in full: for reading, or token by token.

import type { TransportTrajectory } from '../transport.ts'
import { BackToTrajectories } from './back-to-trajectories.tsx'
import { ChoiceButtons } from './choice-buttons.tsx'
import { runAddress, useData } from './data.ts'
import { formatDuration, formatNumber } from './format.ts'
import { Fact } from './overview-view.tsx'
import { ReadingView } from './reading-view.tsx'
import { RichText } from './rich-text.tsx'
import { change, linkTo, parameter } from './route.ts'
import { currentRun } from './runs.ts'
import { TokenView } from './token-view.tsx'
import { trajectoryLink } from './trajectories-view.tsx'
import { Reward, StopBadge } from './trajectory-badges.tsx'
import type { TrajectoryPage } from './trajectory-pages.ts'
import { useKeys } from './use-keys.ts'

export function TrajectoryView() {
  const run = currentRun.value ?? ''
  const id = parameter('id')
  const address = runAddress(run, '/trajectory', {
    phase: parameter('phase'),
    step: parameter('step'),
    id,
  })
  const { data, error } = useData<TransportTrajectory>(id === '' ? null : address, run)
  const mode = parameter('mode', 'text')
  useKeys({ m: () => change({ mode: mode === 'tokens' ? '' : 'tokens' }) })
  if (error) return <p class="notice notice-bad">{error}</p>
  if (!data) return <p class="quiet loading">Reading …</p>
  return (
    <>
      <TrajectoryHead run={run} trajectory={data} />
      <div class="trajectory">
        <div class="trajectory-text">
          {mode === 'tokens' ? <TokenView trajectory={data} /> : <ReadingView trajectory={data} />}
        </div>
        <TrajectoryFacts trajectory={data} />
      </div>
    </>
  )
}

function TrajectoryHead({
  run,
  trajectory: { summary },
}: {
  readonly run: string
  readonly trajectory: TransportTrajectory
}) {
  const mode = parameter('mode', 'text')
  const step = String(summary.step)
  return (
    <div class="tools">
      <BackToTrajectories run={run} />
      <h1 class="trajectory-title">
        step {step} · <span class="quiet">{summary.id}</span>
      </h1>
      <Reward reward={summary.reward} correct={summary.correct} />
      <StopBadge summary={summary} />
      <ChoiceButtons
        label="How it is shown"
        choices={[{ name: 'text' }, { name: 'tokens' }]}
        chosen={mode}
        choose={(name) => change({ mode: name })}
      />
      <a
        class="button"
        href={linkTo('group', { run, phase: summary.phase, step, problem: summary.problem })}
      >
        Group
      </a>
      <a class="button" href={linkTo('problem', { run, problem: summary.problem })}>
        Over steps
      </a>
      <Neighbours run={run} trajectory={summary} />
    </div>
  )
}

interface NeighboursProperties {
  readonly run: string
  readonly trajectory: TransportTrajectory['summary']
}

/** The members of its group before and after it. */
function Neighbours({ run, trajectory }: NeighboursProperties) {
  const { phase, step, problem, id } = trajectory
  const { data } = useData<TrajectoryPage>(
    runAddress(run, '/trajectories', {
      phase,
      problem,
      step: `${step}..${step}`,
      descending: 'false',
      limit: 200,
    }),
    run,
  )
  const members = data?.rows ?? []
  const place = members.findIndex((member) => member.id === id)
  const before = members[place - 1]
  const after = members[place + 1]
  useKeys({
    '[': () => {
      if (before) location.hash = withMode(trajectoryLink(before))
    },
    ']': () => {
      if (after) location.hash = withMode(trajectoryLink(after))
    },
  })
  if (members.length < 2) return null
  return (
    <span class="neighbours">
      {before ? <a href={withMode(trajectoryLink(before))}>‹</a> : <span>‹</span>}
      <span class="quiet">
        {place + 1} of {members.length} in the group
      </span>
      {after ? <a href={withMode(trajectoryLink(after))}>›</a> : <span>›</span>}
    </span>
  )
}

function withMode(link: string): string {
  const mode = parameter('mode')
  const heat = parameter('heat')
  return `${link}${mode ? `&mode=${mode}` : ''}${heat ? `&heat=${heat}` : ''}`
}

function TrajectoryFacts({ trajectory }: { readonly trajectory: TransportTrajectory }) {
  const { summary, problem, verdict, failureMessage } = trajectory
  return (
    <aside class="trajectory-facts">
      <section>
        <h3>Question</h3>
        <RichText text={problem.question} />
      </section>
      <section>
        <h3>Reference answer</h3>
        <RichText text={problem.answer} />
      </section>
      <section>
        <h3>Answer judged</h3>
        {summary.answer === null ? (
          <p class="quiet">{verdict === null ? 'not recorded' : 'none'}</p>
        ) : (
          <RichText text={summary.answer} />
        )}
        {verdict !== null && <p class="quiet">{verdict}</p>}
        {failureMessage !== null && <p class="notice notice-bad">{failureMessage}</p>}
      </section>
      <section>
        <h3>Reward {formatNumber(summary.reward)}</h3>
        <dl class="parts">
          {Object.entries(summary.parts).map(([name, value]) => (
            <Part key={name} name={name} value={formatNumber(value)} />
          ))}
        </dl>
      </section>
      <dl class="facts">
        <Fact name="turns" value={String(summary.turns)} />
        <Fact name="calls" value={String(summary.calls)} />
        <Fact name="errors" value={String(summary.errors)} bad={summary.errors > 0} />
        <Fact name="time" value={formatDuration(summary.durationMs / 1000)} />
        <Fact name="tokens" value={formatNumber(summary.tokens)} />
        <Fact name="trained on" value={formatNumber(summary.policyTokens)} />
      </dl>
      <dl class="parts">
        <Part name="policy version" value={String(summary.policyVersion)} />
        <Part name="family" value={summary.source} />
        {summary.purposes.length > 0 && (
          <Part name="code is for" value={[...new Set(summary.purposes)].join(', ')} />
        )}
      </dl>
    </aside>
  )
}

function Part({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  )
}
