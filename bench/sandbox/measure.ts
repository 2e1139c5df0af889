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

interface Outcome {
  readonly latencies: readonly number[]
  readonly seconds: number
  readonly wrong: number
  readonly unanswered: number
}

export async function measure(target: Target, load: Load): Promise<Measured> {
  return summary([await run(target, load)])
}

/** Each target in `rounds` short turns: the speed of a shared machine changes within seconds. */
export async function measureInTurn(
  targets: readonly Target[],
  load: Load,
  rounds: number,
): Promise<Map<Target, Measured>> {
  const outcomes = new Map(targets.map((target): [Target, Outcome[]] => [target, []]))
  const turn = { ...load, seconds: load.seconds / rounds }
  for (let round = 0; round < rounds; round++) {
    for (const [target, found] of outcomes) found.push(await run(target, turn))
  }
  return new Map([...outcomes].map(([target, found]) => [target, summary(found)]))
}

/** Runs the load until its time is over; programs in flight then are waited for and counted. */
async function run(target: Target, load: Load): Promise<Outcome> {
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
  return { latencies, seconds: (performance.now() - start) / 1000, wrong, unanswered }
}

function summary(outcomes: readonly Outcome[]): Measured {
  const latencies = outcomes.flatMap(({ latencies }) => latencies)
  const sum = (of: (outcome: Outcome) => number) =>
    outcomes.reduce((total, outcome) => total + of(outcome), 0)
  const [wrong, unanswered] = [sum((o) => o.wrong), sum((o) => o.unanswered)]
  const quantile = quantiles(latencies)
  const perSecond = (latencies.length - unanswered) / sum(({ seconds }) => seconds)
  return { perSecond, p50: quantile(0.5), p99: quantile(0.99), wrong, unanswered }
}

function quantiles(latencies: readonly number[]): (share: number) => number {
  const ascending = latencies.toSorted((a, b) => a - b)
  const last = ascending.length - 1
  return (share) => ascending[Math.min(last, Math.floor(share * ascending.length))] ?? Number.NaN
}
