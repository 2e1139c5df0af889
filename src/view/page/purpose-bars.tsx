// What snippets are for, at the beginning of a run and at its end: the paper's figure 5.

import type { PurposeCount } from '../../run/figure-query.ts'
import { runAddress, useData } from './data.ts'
import { formatShare } from './format.ts'

interface PurposeBarsProperties {
  readonly run: string
  readonly phase: string
}

/** Share of the steps at each end that is counted. */
const endShare = 0.2
/** Of the width, for a share of one; the rest is for the number. */
const fullBarPercent = 80

export function PurposeBars({ run, phase }: PurposeBarsProperties) {
  const { data } = useData<PurposeCount[]>(runAddress(run, '/purposes', { phase }), run)
  const last = data?.at(-1)?.step
  if (!data || last === undefined) return null
  const early = sharesOf(data.filter(({ step }) => step <= Math.max(1, last * endShare)))
  const late = sharesOf(data.filter(({ step }) => step >= last * (1 - endShare)))
  const purposes = [...new Set([...early.keys(), ...late.keys()])].sort(
    (a, b) => (late.get(b) ?? 0) - (late.get(a) ?? 0),
  )
  return (
    <section class="purposes">
      <h2>What code is for, in {run}</h2>
      <div class="purpose-row quiet">
        <span />
        <span>first fifth of the steps</span>
        <span>last fifth</span>
      </div>
      {purposes.map((purpose) => (
        <div key={purpose} class="purpose-row">
          <span>{purpose}</span>
          <Bar share={early.get(purpose) ?? 0} kind="early" />
          <Bar share={late.get(purpose) ?? 0} kind="late" />
        </div>
      ))}
    </section>
  )
}

function Bar({ share, kind }: { readonly share: number; readonly kind: 'early' | 'late' }) {
  return (
    <span class={`purpose-bar purpose-bar-${kind}`}>
      <i style={{ width: `${share * fullBarPercent}%` }} />
      {formatShare(share)}
    </span>
  )
}

function sharesOf(counts: readonly PurposeCount[]): ReadonlyMap<string, number> {
  const total = counts.reduce((sum, { count }) => sum + count, 0)
  const shares = new Map<string, number>()
  for (const { purpose, count } of counts) {
    shares.set(purpose, (shares.get(purpose) ?? 0) + count / Math.max(1, total))
  }
  return shares
}
