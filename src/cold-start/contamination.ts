// Training questions that overlap with an evaluation set, by shared runs of words.

import type { Problem } from '../data/problem.ts'
import { wordsOf } from './near-duplicates.ts'

/** An overlap, row by row: which question of which set shares which words. */
export interface Overlap {
  readonly problemId: string
  readonly evaluationSet: string
  readonly evaluationId: string
  readonly words: string
}

/** Runs shared by unrelated questions are shorter; a question of fewer words counts as a whole. */
export const defaultRunLength = 10

export class Contamination {
  /** Run of words -> evaluation problem. */
  readonly #runs = new Map<string, { readonly set: string; readonly id: string }>()
  readonly #lengths = new Set<number>()

  constructor(private readonly runLength: number = defaultRunLength) {}

  /** Remembers the questions of a named evaluation set. */
  addSet(set: string, problems: Iterable<Problem>): void {
    for (const { id, question } of problems) {
      const words = wordsOf(question)
      const length = Math.min(words.length, this.runLength)
      if (length === 0) continue
      this.#lengths.add(length)
      for (const run of runsOf(words, length)) {
        if (!this.#runs.has(run)) this.#runs.set(run, { set, id })
      }
    }
  }

  /** The first overlap of a question, or null. */
  find({ id, question }: Problem): Overlap | null {
    const words = wordsOf(question)
    for (const length of this.#lengths) {
      // A short evaluation question must be all of the question, not a phrase in it.
      if (length < this.runLength && words.length !== length) continue
      for (const run of runsOf(words, length)) {
        const found = this.#runs.get(run)
        if (found) {
          return { problemId: id, evaluationSet: found.set, evaluationId: found.id, words: run }
        }
      }
    }
    return null
  }
}

function* runsOf(words: readonly string[], length: number): Generator<string> {
  for (let start = 0; start + length <= words.length; start++) {
    yield words.slice(start, start + length).join(' ')
  }
}
