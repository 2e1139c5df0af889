// Intervals by resampling problems: attempts at one problem hang together, problems do not.

import { RandomStream } from '../base/random.ts'

/** A mean over problems with its 95 % interval (percentile bootstrap). */
export interface Estimate {
  readonly mean: number
  readonly low: number
  readonly high: number
  /** Problems behind it. */
  readonly problems: number
}

const resamples = 2_000
const seed = 20_250_411

/** The mean of one value per problem; the same values give the same interval. NaN without any. */
export function estimate(values: readonly number[]): Estimate {
  const n = values.length
  const mean = values.reduce((sum, value) => sum + value, 0) / n
  if (n === 0) return { mean: Number.NaN, low: Number.NaN, high: Number.NaN, problems: 0 }
  const random = RandomStream.named(seed, `bootstrap/${n}`)
  const means = new Float64Array(resamples)
  for (let resample = 0; resample < resamples; resample++) {
    let sum = 0
    for (let i = 0; i < n; i++) sum += values[random.integer(n)] ?? 0
    means[resample] = sum / n
  }
  means.sort()
  return { mean, low: quantile(means, 0.025), high: quantile(means, 0.975), problems: n }
}

/** Linear between neighbours. */
function quantile(sorted: Float64Array, q: number): number {
  const position = q * (sorted.length - 1)
  const below = Math.floor(position)
  const low = sorted[below] ?? Number.NaN
  const high = sorted[below + 1] ?? low
  return low + (position - below) * (high - low)
}
