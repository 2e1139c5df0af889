// Weights for tokens that another engine, or an older policy, sampled. On plain numbers: they carry
// no gradient and are computed once per step.
//
// Tables [B,T] are arrays of rows that may differ in length.

import type { KlEstimator } from '../advantage/kl-estimate.ts'
import type { Table } from '../advantage/whiten.ts'

/** `token`: each its own ratio; `sequence`: the product over the trajectory for all its tokens. */
type Level = 'token' | 'sequence'

/** How the losses of tokens that another sampler, or an older policy, wrote are weighed. */
export type Correction =
  | { readonly kind: 'none' }
  /** Truncated importance sampling: w = min(w, cap). */
  | { readonly kind: 'truncated'; readonly level: Level; readonly cap: number }
  /** IcePop: w = 0 outside of [low, high]. */
  | { readonly kind: 'icePop'; readonly level: Level; readonly low: number; readonly high: number }
  /**
   * The whole trajectory is left out where the mean of an estimate over its tokens is above `most`
   * (k1 too: above most or below -most); w = 1 elsewhere.
   */
  | { readonly kind: 'rejection'; readonly estimator: KlEstimator; readonly most: number }

/**
 * The weight of each token, [B,T], zero where the mask is zero: w = exp(clamp(old - rollout, +-20)),
 * or of the clamped sum of differences over the trajectory, then as the correction says. What stands
 * where the mask is zero is never read. Source: Yao et al. 2025 (TIS), Ling Team 2025 (IcePop); verl,
 * `compute_rollout_correction_weights`.
 *
 *   old - rollout = [log 3, 0], mask [1, 1], truncated per token at 2: [2, 1]
 */
export function correctionWeights(
  oldLogprobs: Table,
  rolloutLogprobs: Table,
  mask: Table,
  correction: Correction,
): number[][] {
  return mask.map((row, b) => {
    const old = oldLogprobs[b] ?? []
    const rollout = rolloutLogprobs[b] ?? []
    const gaps = Array.from(row, (one, t) =>
      one ? (old[t] ?? Number.NaN) - (rollout[t] ?? Number.NaN) : 0,
    )
    return rowWeights(gaps, row, correction)
  })
}

function rowWeights(
  gaps: readonly number[],
  mask: ArrayLike<number>,
  correction: Correction,
): number[] {
  if (correction.kind === 'none') return Array.from(mask, (one) => (one ? 1 : 0))
  if (correction.kind === 'rejection') {
    const kept = accepted(gaps, mask, correction) ? 1 : 0
    return Array.from(mask, (one) => (one ? kept : 0))
  }
  const whole = gaps.reduce((sum, gap) => sum + gap, 0)
  return gaps.map((gap, t) => {
    if (!mask[t]) return 0
    const weight = Math.exp(bounded(correction.level === 'token' ? gap : whole, 20))
    if (correction.kind === 'truncated') return Math.min(weight, correction.cap)
    return weight < correction.low || weight > correction.high ? 0 : weight
  })
}

function accepted(
  gaps: readonly number[],
  mask: ArrayLike<number>,
  { estimator, most }: { readonly estimator: KlEstimator; readonly most: number },
): boolean {
  let sum = 0
  let count = 0
  gaps.forEach((gap, t) => {
    if (!mask[t]) return
    sum += divergence(estimator, bounded(gap, 20))
    count += 1
  })
  return count === 0 || Math.abs(sum / count) <= most
}

/** Estimate of the KL of the rollout from the old policy at a token, from gap = old - rollout. */
function divergence(estimator: KlEstimator, gap: number): number {
  switch (estimator) {
    case 'k1':
      return -gap
    case 'k2':
      return (gap * gap) / 2
    case 'k3':
      return Math.exp(gap) - 1 - gap
    default:
      return estimator satisfies never
  }
}

function bounded(value: number, limit: number): number {
  return Math.min(limit, Math.max(-limit, value))
}
