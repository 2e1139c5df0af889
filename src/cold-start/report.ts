// The account of a cold start: how many at each stage, why each was dropped, with examples.

import type { Overlap } from './contamination.ts'
import type { Demonstration } from './demonstration.ts'
import type { TeacherCost } from './teacher.ts'

/** In the order in which a problem passes them. */
export const stages = [
  'problems',
  'contamination',
  'duplicates',
  'difficulty',
  'writing',
  'checks',
  'balance',
] as const
export type Stage = (typeof stages)[number]

/** A problem that became no demonstration. */
export interface Drop {
  readonly stage: Stage
  readonly problemId: string
  readonly reason: string
  readonly detail: string
}

export interface ColdStartReport {
  /** How many problems were left after each stage. */
  readonly left: Readonly<Record<Stage, number>>
  readonly kept: number
  /** Most frequent first, with up to three examples each. */
  readonly dropped: readonly {
    readonly stage: Stage
    readonly reason: string
    readonly count: number
    readonly examples: readonly { readonly problemId: string; readonly detail: string }[]
  }[]
  readonly overlaps: readonly Overlap[]
  readonly demonstrations: DemonstrationCounts
  readonly cost: TeacherCost | null
  readonly seconds: number
}

/** What the kept ones are like. */
export interface DemonstrationCounts {
  readonly bySource: Readonly<Record<string, number>>
  readonly byWriter: Readonly<Record<string, number>>
  readonly byCalls: Readonly<Record<string, number>>
  /** With an error and its correction. */
  readonly corrected: number
  readonly meanCodeLines: number
}

const examplesKept = 3
const longestDetail = 600

/** Adds up as rows come; memory does not grow with them, save for the overlaps. */
export class ReportTally {
  #seen = 0
  #kept = 0
  readonly #byStage = new Map<Stage, number>()
  readonly #drops = new Map<
    string,
    {
      stage: Stage
      reason: string
      count: number
      examples: { problemId: string; detail: string }[]
    }
  >()
  readonly #overlaps: Overlap[] = []
  readonly #bySource = new Map<string, number>()
  readonly #byWriter = new Map<string, number>()
  readonly #byCalls = new Map<string, number>()
  #corrected = 0
  #calls = 0
  #codeLines = 0

  /** Problems that were kept or dropped so far. */
  get seen(): number {
    return this.#seen
  }

  /** A row that is none of the source's problems counts nowhere else. */
  drop({ stage, problemId, reason, detail }: Drop): void {
    this.#seen++
    count(this.#byStage, stage)
    const key = `${stage}/${reason}`
    const entry = this.#drops.get(key) ?? { stage, reason, count: 0, examples: [] }
    entry.count++
    if (entry.examples.length < examplesKept) {
      entry.examples.push({ problemId, detail: detail.slice(0, longestDetail) })
    }
    this.#drops.set(key, entry)
  }

  overlap(overlap: Overlap): void {
    this.#overlaps.push(overlap)
  }

  keep({ problem, writer, turns }: Demonstration): void {
    this.#seen++
    this.#kept++
    count(this.#bySource, problem.source)
    count(this.#byWriter, writer)
    count(this.#byCalls, String(turns.length))
    if (turns.some(({ output }) => !output.ok)) this.#corrected++
    this.#calls += turns.length
    for (const { call } of turns) {
      this.#codeLines += String(call.arguments['code']).split('\n').length
    }
  }

  report(cost: TeacherCost | null, seconds: number): ColdStartReport {
    let remaining = this.#seen
    const left = Object.fromEntries(
      stages.map((stage) => {
        remaining -= this.#byStage.get(stage) ?? 0
        return [stage, remaining]
      }),
    ) as Record<Stage, number>
    return {
      left,
      kept: this.#kept,
      dropped: [...this.#drops.values()].sort((a, b) => b.count - a.count),
      overlaps: this.#overlaps,
      demonstrations: {
        bySource: Object.fromEntries(this.#bySource),
        byWriter: Object.fromEntries(this.#byWriter),
        byCalls: Object.fromEntries(this.#byCalls),
        corrected: this.#corrected,
        meanCodeLines: this.#calls === 0 ? 0 : this.#codeLines / this.#calls,
      },
      cost,
      seconds,
    }
  }
}

function count<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}
