// The report of an evaluation: accuracy with intervals, over all and per source, and behaviour.

import type { AttemptRecord } from './attempt-record.ts'
import type { Behaviour } from './behaviour.ts'
import { BehaviourTally } from './behaviour.ts'
import type { Estimate } from './bootstrap.ts'
import { estimate } from './bootstrap.ts'
import { averageAt, majorityAt, passAt } from './estimates.ts'

/** Accuracy over some problems. */
export interface Accuracy {
  readonly problems: number
  /** Judged attempts. */
  readonly attempts: number
  /** Mean accuracy over all attempts. */
  readonly average: Estimate
  /** By k. */
  readonly pass: Readonly<Record<string, Estimate>>
  readonly majority: Readonly<Record<string, Estimate>>
  readonly behaviour: Behaviour
}

export interface EvaluationReport {
  /** Attempts asked for at each problem. */
  readonly attemptsPerProblem: number
  readonly all: Accuracy
  readonly bySource: Readonly<Record<string, Accuracy>>
  /** By the labels that the caller gave sources, such as `demonstrated`. */
  readonly byLabel: Readonly<Record<string, Accuracy>>
  /** Attempts that nobody judged, because something of ours failed: in no number above. */
  readonly unjudged: number
  /** Mean accuracy by problem, for paired comparisons and for choosing by difficulty. */
  readonly perProblem: Readonly<Record<string, number>>
}

export interface ReportOptions {
  readonly attemptsPerProblem: number
  /** A source's label, or null for none. */
  readonly labelOf?: (source: string) => string | null
}

interface ProblemTally {
  readonly source: string
  readonly correct: boolean[]
  readonly answers: (string | null)[]
}

/** Adds up record by record; what it keeps of an attempt is its answer. */
export class EvaluationTally {
  readonly #problems = new Map<string, ProblemTally>()
  readonly #behaviour = new Map<string, BehaviourTally>()
  #unjudged = 0

  constructor(private readonly options: ReportOptions) {}

  add(record: AttemptRecord): void {
    if (record.correct === null) {
      this.#unjudged++
      return
    }
    const { problemId, source, correct, answer } = record
    const tally = this.#problems.get(problemId) ?? { source, correct: [], answers: [] }
    tally.correct.push(correct)
    tally.answers.push(answer)
    this.#problems.set(problemId, tally)
    for (const name of this.#partsOf(source)) {
      const behaviour = this.#behaviour.get(name) ?? new BehaviourTally()
      behaviour.add(record)
      this.#behaviour.set(name, behaviour)
    }
  }

  report(): EvaluationReport {
    const names = [...this.#behaviour.keys()].sort()
    const under = (prefix: string) =>
      Object.fromEntries(
        names
          .filter((name) => name.startsWith(prefix))
          .map((name) => [name.slice(prefix.length), this.#accuracy(name)]),
      )
    const perProblem = [...this.#problems].map(([id, tally]) => [id, averageAt(tally)] as const)
    return {
      attemptsPerProblem: this.options.attemptsPerProblem,
      all: this.#accuracy('all'),
      bySource: under('source/'),
      byLabel: under('label/'),
      unjudged: this.#unjudged,
      perProblem: Object.fromEntries(perProblem.sort(([a], [b]) => (a < b ? -1 : 1))),
    }
  }

  #partsOf(source: string): readonly string[] {
    const label = this.options.labelOf?.(source) ?? null
    return ['all', `source/${source}`, ...(label === null ? [] : [`label/${label}`])]
  }

  #accuracy(name: string): Accuracy {
    const problems = [...this.#problems.values()].filter(({ source }) =>
      this.#partsOf(source).includes(name),
    )
    const fewest = Math.min(...problems.map(({ correct }) => correct.length))
    const ks = powersOfTwo(problems.length === 0 ? 0 : fewest)
    const over = (of: (problem: ProblemTally, k: number) => number) =>
      Object.fromEntries(
        ks.map((k) => [String(k), estimate(problems.map((problem) => of(problem, k)))]),
      )
    return {
      problems: problems.length,
      attempts: problems.reduce((sum, { correct }) => sum + correct.length, 0),
      average: estimate(problems.map(averageAt)),
      pass: over(passAt),
      majority: over(majorityAt),
      behaviour: (this.#behaviour.get(name) ?? new BehaviourTally()).behaviour(),
    }
  }
}

/** 1, 2, 4, ... and `most` itself. */
function powersOfTwo(most: number): readonly number[] {
  const ks: number[] = []
  for (let k = 1; k < most; k *= 2) ks.push(k)
  return most > 0 ? [...ks, most] : []
}
