// What a problem source holds: counts, lengths, samples, what is wrong with it. One pass, with a
// memory that does not grow with the source.

import { RandomStream } from '../base/random.ts'
import type { BadRowPolicy } from './bad-rows.ts'
import { BadRows } from './bad-rows.ts'
import type { Problem } from './problem.ts'
import type { ProblemSource } from './problem-source.ts'
import { readProblems } from './problem-stream.ts'

/** Characters, over all problems. */
export interface Lengths {
  readonly mean: number
  readonly longest: number
  /** Median and 95th percentile, of a random 10,000 where there are more. */
  readonly median: number
  readonly p95: number
}

export interface Survey {
  readonly source: string
  readonly problems: number
  /** Problems by data set or family, most first. */
  readonly bySource: Readonly<Record<string, number>>
  readonly withSolution: number
  readonly questions: Lengths
  readonly answers: Lengths
  /** How the answers look: `whole number`, `decimal`, `fraction`, `expression`, `text`. */
  readonly answerKinds: Readonly<Record<string, number>>
  readonly samples: readonly Problem[]
  readonly badRows: ReturnType<BadRows['summary']>
}

export interface SurveySettings {
  readonly samples: number
  readonly seed: number
  readonly badRows?: BadRowPolicy
}

export async function survey(source: ProblemSource, settings: SurveySettings): Promise<Survey> {
  const random = RandomStream.named(settings.seed, 'survey')
  const badRows = new BadRows(settings.badRows ?? 'skip')
  const samples = new Reservoir<Problem>(settings.samples, random)
  const questions = new LengthTally(random)
  const answers = new LengthTally(random)
  const bySource = new Map<string, number>()
  const kinds = new Map<string, number>()
  let problems = 0
  let withSolution = 0
  for await (const problem of readProblems(source, badRows)) {
    problems++
    if (problem.solution !== undefined) withSolution++
    questions.add(problem.question.length)
    answers.add(problem.answer.length)
    count(bySource, problem.source)
    count(kinds, kindOfAnswer(problem.answer))
    samples.add(problem)
  }
  return {
    source: source.name,
    problems,
    bySource: byCount(bySource),
    withSolution,
    questions: questions.lengths(),
    answers: answers.lengths(),
    answerKinds: byCount(kinds),
    samples: samples.values,
    badRows: badRows.summary(),
  }
}

function kindOfAnswer(answer: string): string {
  const text = answer.replace(/^\$|\$$/g, '')
  if (/^-?\d+$/.test(text)) return 'whole number'
  if (/^-?\d*\.\d+$/.test(text)) return 'decimal'
  if (/^-?(\d+\/\d+|\\d?frac\{\d+\}\{\d+\})$/.test(text)) return 'fraction'
  return /[\\^=+*]|\d/.test(text) ? 'expression' : 'text'
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}

function byCount(counts: ReadonlyMap<string, number>): Record<string, number> {
  return Object.fromEntries([...counts].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0])))
}

/** A uniform sample of a stream of unknown length. */
class Reservoir<T> {
  readonly #values: T[] = []
  #seen = 0

  constructor(
    private readonly size: number,
    private readonly random: RandomStream,
  ) {}

  add(value: T): void {
    this.#seen++
    if (this.#values.length < this.size) this.#values.push(value)
    else {
      const index = this.random.integer(this.#seen)
      if (index < this.size) this.#values[index] = value
    }
  }

  get values(): readonly T[] {
    return this.#values
  }
}

class LengthTally {
  readonly #sample: Reservoir<number>
  #count = 0
  #sum = 0
  #longest = 0

  constructor(random: RandomStream) {
    this.#sample = new Reservoir(10_000, random)
  }

  add(length: number): void {
    this.#count++
    this.#sum += length
    this.#longest = Math.max(this.#longest, length)
    this.#sample.add(length)
  }

  lengths(): Lengths {
    const sorted = [...this.#sample.values].sort((a, b) => a - b)
    const quantile = (q: number) => sorted[Math.floor(q * (sorted.length - 1))] ?? 0
    return {
      mean: this.#count === 0 ? 0 : this.#sum / this.#count,
      longest: this.#longest,
      median: quantile(0.5),
      p95: quantile(0.95),
    }
  }
}
