// Problems that a program gives as values: a list, or a function that makes one.

import { UserError } from '../base/errors.ts'
import type { Problem } from './problem.ts'
import { listSource, type ProblemSource } from './problem-source.ts'

/** A question and what it is judged by. */
export interface OwnProblem {
  readonly question: string
  readonly answer: string
  /** Its place in the list where it is left out. */
  readonly id?: string
}

/** A list of problems, or a function that makes one, perhaps asynchronously. */
export type OwnProblems = readonly OwnProblem[] | (() => OwnProblemRows | Promise<OwnProblemRows>)

type OwnProblemRows = Iterable<OwnProblem> | AsyncIterable<OwnProblem>

/** Reads them to their end. Throws UserError for a row without question or answer. */
export async function ownSource(name: string, own: OwnProblems): Promise<ProblemSource> {
  const problems: Problem[] = []
  for await (const row of typeof own === 'function' ? await own() : own) {
    problems.push(toProblem(row, `${name}-${problems.length}`, name))
  }
  return listSource(name, problems)
}

function toProblem(row: Partial<OwnProblem>, id: string, source: string): Problem {
  const { question, answer } = row
  for (const [key, value] of Object.entries({ question, answer })) {
    if (typeof value === 'string' && value.trim() !== '') continue
    throw new UserError(`problem ${id}: ${key}: expected a text, found ${JSON.stringify(value)}`)
  }
  const verifier = { kind: 'equivalence' } as const
  return { id: row.id ?? id, question: String(question), answer: String(answer), source, verifier }
}
