// The rows of a training data set as a source of problems. Only what the shuffle holds is in memory.

import { UserError } from '../base/errors.ts'
import type { Problem } from '../data/problem.ts'
import type { ProblemRow } from '../data/problem-of-row.ts'
import type { ProblemSource } from '../data/problem-source.ts'
import type { Dataset, DatasetItem } from './retool-trainer-options.ts'

/**
 * An iterable that can be read only once, as what a generator returns, is remembered while it is
 * short: up to so many rows.
 */
const remembered = 10_000

/** Problems `name-1`, `name-2`, ... of the rows. Throws UserError at a row that is none. */
export function datasetSource(name: string, rows: Dataset): ProblemSource {
  const passes = new Passes(name, rows)
  return {
    name,
    async *rows() {
      let line = 0
      for await (const row of passes.next()) {
        line++
        const problem = problemOf(name, line, row)
        yield [{ kind: 'problem', file: name, line, problem } satisfies ProblemRow]
      }
    },
  }
}

/** All of a data set at once: to be judged by. */
export async function datasetProblems(name: string, rows: Dataset): Promise<Problem[]> {
  const problems: Problem[] = []
  for await (const row of rows) problems.push(problemOf(name, problems.length + 1, row))
  return problems
}

class Passes {
  #all: DatasetItem[] | null = null
  #hasGiven = false

  constructor(
    private readonly name: string,
    private readonly rows: Dataset,
  ) {}

  async *next(): AsyncGenerator<DatasetItem> {
    if (this.#all) {
      yield* this.#all
      return
    }
    const hadGiven = this.#hasGiven
    let kept: DatasetItem[] | null = []
    let count = 0
    for await (const row of this.rows) {
      count++
      this.#hasGiven = true
      if (kept && kept.push(row) > remembered) kept = null
      yield row
    }
    if (count > 0) this.#all = kept
    else if (hadGiven) {
      throw new UserError(
        `${this.name} was read to its end and gives no second pass; give an array, an object whose iterator begins anew, or fewer steps`,
      )
    }
  }
}

/** A problem keeps its own id and verifier. */
function problemOf(name: string, line: number, item: DatasetItem): Problem {
  if ('verifier' in item) return item
  const { prompt, answer } = item
  if (typeof prompt !== 'string' || typeof answer !== 'string') {
    throw new UserError(`${name}, row ${line}: expected { prompt, answer }, both of them text`)
  }
  const verifier = { kind: 'equivalence' } as const
  return { id: `${name}-${line}`, question: prompt, answer, source: name, verifier }
}
