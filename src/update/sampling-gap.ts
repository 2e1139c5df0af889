// How far the engine that sampled and the learner that trains disagree: should be near zero.

import type { Table } from '../advantage/whiten.ts'
import type { Trajectory } from '../trajectory/trajectory.ts'

/**
 * The rollout log-probs over all tokens of a trajectory, zero on what the policy did not write; null
 * where nobody sampled it.
 */
export function rolloutLogprobs({ segments }: Pick<Trajectory, 'segments'>): Float32Array | null {
  const rows: (readonly number[])[] = []
  for (const segment of segments) {
    if (segment.author !== 'policy') rows.push(new Array<number>(segment.tokens.length).fill(0))
    else if (segment.logprobs) rows.push(segment.logprobs)
    else return null
  }
  return Float32Array.from(rows.flat())
}

/** Mean and largest |rollout - old| over the mask; null where the mask is empty. */
export function samplingGap(
  rollout: Table,
  old: Table,
  mask: Table,
): { readonly mean: number; readonly largest: number } | null {
  let sum = 0
  let largest = 0
  let count = 0
  mask.forEach((row, b) => {
    for (let t = 0; t < row.length; t++) {
      if (!row[t]) continue
      const gap = Math.abs((rollout[b]?.[t] ?? Number.NaN) - (old[b]?.[t] ?? Number.NaN))
      sum += gap
      largest = Math.max(largest, gap)
      count += 1
    }
  })
  return count === 0 ? null : { mean: sum / count, largest }
}
