// The members of a group side by side.

import type { TrajectorySummary } from '../../run/trajectory-summary.ts'
import type { TransportTrajectory } from '../transport.ts'
import { BackToTrajectories } from './back-to-trajectories.tsx'
import { runAddress, useData } from './data.ts'
import { formatNumber, formatShare } from './format.ts'
import { ReadingView } from './reading-view.tsx'
import { RichText } from './rich-text.tsx'
import { linkTo, parameter } from './route.ts'
import { currentRun } from './runs.ts'
import { trajectoryLink } from './trajectories-view.tsx'
import { Reward, StopBadge } from './trajectory-badges.tsx'
import type { TrajectoryPage } from './trajectory-pages.ts'

export function GroupView() {
  const run = currentRun.value ?? ''
  const step = parameter('step')
  const problem = parameter('problem')
  const address = runAddress(run, '/trajectories', {
    phase: parameter('phase'),
    problem,
    step: `${step}..${step}`,
    descending: 'false',
    limit: 200,
  })
  const { data, error } = useData<TrajectoryPage>(problem === '' ? null : address, run)
  if (error) return <p class="notice notice-bad">{error}</p>
  const members = data?.rows ?? []
  const rewards = members.flatMap(({ reward }) => (reward === null ? [] : [reward]))
  const mean = rewards.reduce((sum, reward) => sum + reward, 0) / Math.max(1, rewards.length)
  const right = members.filter(({ correct }) => correct).length
  return (
    <>
      <div class="tools">
        <BackToTrajectories run={run} />
        <h1 class="trajectory-title">
          Group of {members.length} · step {step}
        </h1>
        <span>
          mean reward <b>{formatNumber(mean, 3)}</b>
        </span>
        <span>
          right <b>{formatShare(members.length > 0 ? right / members.length : null)}</b>
        </span>
        <a class="button" href={linkTo('problem', { run, problem })}>
          Over steps
        </a>
      </div>
      <div class="question">
        <RichText text={members[0]?.question ?? ''} />
      </div>
      <div class="columns">
        {members.map((member) => (
          <Member key={member.id} run={run} summary={member} />
        ))}
      </div>
    </>
  )
}

interface MemberProperties {
  readonly run: string
  readonly summary: TrajectorySummary
}

export function Member({ run, summary }: MemberProperties) {
  const { phase, step, id } = summary
  const { data } = useData<TransportTrajectory>(
    runAddress(run, '/trajectory', { phase, step, id }),
    run,
  )
  return (
    <article class="column">
      <header>
        <a href={trajectoryLink(summary)} title={id}>
          step {step} · {id}
        </a>
        <Reward reward={summary.reward} correct={summary.correct} />
        <StopBadge summary={summary} />
        <span class="quiet">{formatNumber(summary.responseTokens)} tokens</span>
      </header>
      {data ? (
        <ReadingView trajectory={{ ...data, segments: afterContext(data) }} />
      ) : (
        <p class="quiet loading">Reading …</p>
      )}
      {data && summary.answer !== null && (
        <footer>
          <span class="quiet">answer</span> <RichText text={summary.answer} />
        </footer>
      )}
    </article>
  )
}

/** The context is the same for all members. */
function afterContext({ segments }: TransportTrajectory): TransportTrajectory['segments'] {
  return segments.slice(segments.findIndex(({ author }) => author !== 'context'))
}
