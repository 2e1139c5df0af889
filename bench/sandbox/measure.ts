// Rates, latencies and wrong answers of one load.

import type { Target } from './target.ts'

export interface Measured {
  readonly perSecond: number
  readonly p50: number
  readonly p99: number
  readonly wrong: number
}

export interface Load {
  /** The program and what it must print, by its number. */
  readonly program: (number: number) => { readonly code: string; readonly prints: string }
  readonly concurrency: number
  readonly seconds: number
  /** At most so many programs. */
  readonly most?: number
}

const timeoutSeconds = 120

/** Runs the load until its time is over; programs in flight then are waited for and counted. */
export async function measure(target: Target, load: Load): Promise<Measured> {
  const latencies: number[] = []
  let wrong = 0
  let begun = 0
  const start = performance.now()
  const until = start + load.seconds * 1000
  const one = async () => {
    while (performance.now() < until && begun < (load.most ?? Number.POSITIVE_INFINITY)) {
      const { code, prints } = load.program(begun++)
      const sent = performance.now()
      const printed = await target.run(code, timeoutSeconds).catch(() => undefined)
      if (printed !== prints) wrong++
      latencies.push(performance.now() - sent)
    }
  }
  await Promise.all(Array.from({ length: load.concurrency }, one))
  const seconds = (performance.now() - start) / 1000
  latencies.sort((a, b) => a - b)
  const quantile = (share: number) =>
    latencies[Math.min(latencies.length - 1, Math.floor(share * latencies.length))] ?? Number.NaN
  return { perSecond: latencies.length / seconds, p50: quantile(0.5), p99: quantile(0.99), wrong }
}
