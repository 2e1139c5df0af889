// Small marks that say how a trajectory ended and what it earned.

import type { TrajectorySummary } from '../../run/trajectory-summary.ts'
import { formatNumber } from './format.ts'

interface RewardProperties {
  readonly reward: number | null
  readonly correct: boolean | null
}

export function Reward({ reward, correct }: RewardProperties) {
  const kind = correct === null ? 'none' : correct ? 'good' : 'bad'
  const words = { none: 'nobody judged it', good: 'right answer', bad: 'wrong answer' }[kind]
  return (
    <span class={`reward reward-${kind}`} title={words}>
      {formatNumber(reward, 3)}
    </span>
  )
}

const stopWords: Readonly<Record<TrajectorySummary['stop'], string>> = {
  answered: 'answered',
  ended: 'no answer',
  limit: 'limit',
  malformed: 'malformed',
  cancelled: 'cancelled',
  failed: 'failed',
}

export function StopBadge({ summary }: { readonly summary: TrajectorySummary }) {
  const { stop, stopDetail } = summary
  return (
    <span class={`badge badge-${stop}`} title={stopDetail ?? stop}>
      {stopWords[stop]}
      {stopDetail !== null && <small> {stopDetail}</small>}
    </span>
  )
}
