// The same problem over steps: every attempt as a dot, chosen ones side by side.

import type { TrajectorySummary } from '../../run/trajectory-summary.ts'
import { BackToTrajectories } from './back-to-trajectories.tsx'
import { runAddress, useData } from './data.ts'
import { formatNumber } from './format.ts'
import { Member } from './group-view.tsx'
import { RichText } from './rich-text.tsx'
import { change, parameter } from './route.ts'
import { currentRun } from './runs.ts'
import type { TrajectoryPage } from './trajectory-pages.ts'

const mostShown = 4

export function ProblemView() {
  const run = currentRun.value ?? ''
  const problem = parameter('problem')
  const query = { problem, sort: 'step', descending: 'false', limit: 1000 }
  const address = problem === '' ? null : runAddress(run, '/trajectories', query)
  const { data, error } = useData<TrajectoryPage>(address, run)
  if (error) return <p class="notice notice-bad">{error}</p>
  const attempts = data?.rows ?? []
  const picked = pickedOf(attempts)
  return (
    <>
      <div class="tools">
        <BackToTrajectories run={run} />
        <h1 class="trajectory-title">
          {attempts.length} attempts · <span class="quiet">{problem}</span>
        </h1>
      </div>
      <div class="question">
        <RichText text={attempts[0]?.question ?? ''} />
      </div>
      <div class="attempts">
        {byStep(attempts).map(([key, members]) => (
          <AttemptRow key={key} label={key} members={members} picked={picked} />
        ))}
      </div>
      <div class="columns">
        {picked.map((summary) => (
          <Member key={keyOf(summary)} run={run} summary={summary} />
        ))}
      </div>
    </>
  )
}

/** As the address names them; otherwise the first attempt and the last. */
function pickedOf(attempts: readonly TrajectorySummary[]): readonly TrajectorySummary[] {
  const named = parameter('pick').split(' ').filter(Boolean)
  if (named.length > 0) return attempts.filter((attempt) => named.includes(keyOf(attempt)))
  const first = attempts[0]
  const last = attempts.at(-1)
  return first && last ? (first === last ? [first] : [first, last]) : []
}

function keyOf({ phase, step, id }: TrajectorySummary): string {
  return `${phase}/${step}/${id}`
}

function byStep(attempts: readonly TrajectorySummary[]): [string, TrajectorySummary[]][] {
  const steps = new Map<string, TrajectorySummary[]>()
  for (const attempt of attempts) {
    const key = `${attempt.phase === 'train' ? 'step' : attempt.phase} ${attempt.step}`
    steps.set(key, [...(steps.get(key) ?? []), attempt])
  }
  return [...steps]
}

interface AttemptRowProperties {
  readonly label: string
  readonly members: readonly TrajectorySummary[]
  readonly picked: readonly TrajectorySummary[]
}

function AttemptRow({ label, members, picked }: AttemptRowProperties) {
  const toggle = (member: TrajectorySummary) => {
    const keys = picked.map(keyOf)
    const key = keyOf(member)
    const next = keys.includes(key) ? keys.filter((other) => other !== key) : [...keys, key]
    change({ pick: next.slice(-mostShown).join(' ') })
  }
  return (
    <div class="attempt-row">
      <span class="quiet">{label}</span>
      {members.map((member) => {
        const kind = member.correct === null ? 'none' : member.correct ? 'good' : 'bad'
        return (
          <button
            key={member.id}
            type="button"
            class={`attempt attempt-${kind}`}
            aria-pressed={picked.includes(member)}
            aria-label={`${label}, ${member.id}, reward ${formatNumber(member.reward)}`}
            title={`${member.id}: reward ${formatNumber(member.reward)}, ${member.calls} calls`}
            onClick={() => toggle(member)}
          />
        )
      })}
    </div>
  )
}
