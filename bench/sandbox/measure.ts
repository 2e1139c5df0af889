// Rates, latencies and wrong answers of one load.

import type { Target } from './target.ts'

export interface Measured {
  readonly perSecond: number
  readonly p50: number
  readonly p99: number
  readonly wrong: number
  /** Programs on which the load gave up; their latencies are lower bounds. */
  readonly unanswered: number
}

export interface NumberedProgram {
  readonly code: string
  /** What it must print; of several texts any is right. */
  readonly prints: string | readonly string[]
}

export interface Load {
  readonly program: (number: number) => NumberedProgram
  readonly concurrency: number
  readonly seconds: number
  /** At most so many programs. */
  readonly most?: number
  /** How long programs still in flight are waited for after `seconds`. */
  readonly patienceSeconds?: number
  /** Most run time of one program. */
  readonly timeoutSeconds?: number
}

/** Runs the load until its time is over; programs in flight then are waited for and counted. */
export async function measure(target: Target, load: Load): Promise<Measured> {
  const latencies: number[] = []
  const giveUp = new AbortController()
  const patience = (load.seconds + (load.patienceSeconds ?? 120)) * 1000
  const timer = setTimeout(() => giveUp.abort(), patience)
  let [wrong, unanswered, begun] = [0, 0, 0]
  const start = performance.now()
  const until = start + load.seconds * 1000
  const one = async () => {
    while (performance.now() < until && begun < (load.most ?? Number.POSITIVE_INFINITY)) {
      const { code, prints } = load.program(begun++)
      const sent = performance.now()
      const answer = target.run(code, load.timeoutSeconds ?? 120, giveUp.signal)
      const printed = await answer.catch(() => undefined)
      if (giveUp.signal.aborted && printed === undefined) unanswered++
      else if (![prints].flat().includes(printed ?? '')) wrong++
      latencies.push(performance.now() - sent)
    }
  }
  await Promise.all(Array.from({ length: load.concurrency }, one))
  clearTimeout(timer)
  const seconds = (performance.now() - start) / 1000
  const quantile = quantiles(latencies)
  const perSecond = (latencies.length - unanswered) / seconds
  return { perSecond, p50: quantile(0.5), p99: quantile(0.99), wrong, unanswered }
}

function quantiles(latencies: readonly number[]): (share: number) => number {
  const ascending = latencies.toSorted((a, b) => a - b)
  const last = ascending.length - 1
  return (share) => ascending[Math.min(last, Math.floor(share * ascending.length))] ?? Number.NaN
}
