// Grades other people's trajectories: no model is needed, only what they wrote down.

import { createHash } from 'node:crypto'
import { mapInOrder } from '../base/map-in-order.ts'
import type { BadRows } from '../data/bad-rows.ts'
import { rowsOfFile } from '../data/data-files.ts'
import { sourceNameOf } from '../data/local-files.ts'
import type { Problem } from '../data/problem.ts'
import { questionKey } from '../data/question-key.ts'
import { extractAnswer } from '../reward/extract-answer.ts'
import type { Judge } from '../reward/judge.ts'
import type { AttemptRecord } from './attempt-record.ts'
import { snippetsOf } from './attempt-record.ts'
import type { EvaluationReport } from './evaluation-report.ts'
import { EvaluationTally } from './evaluation-report.ts'
import type { ForeignResponse } from './foreign-response.ts'
import { foreignRow } from './foreign-response.ts'

export interface GradeOptions {
  readonly judge: Judge
  /** Takes rows without a reference or a response, and unreadable ones. */
  readonly badRows: BadRows
  readonly onRecord?: (record: AttemptRecord) => void
}

const judgedAtOnce = 16

/** Reports on a file whose rows have a reference answer and one or more responses. */
export async function gradeFile(path: string, options: GradeOptions): Promise<EvaluationReport> {
  const tally = new EvaluationTally({ attemptsPerProblem: 0 })
  let most = 0
  const attempts = attemptsOfFile(path, options.badRows)
  const records = mapInOrder(attempts, judgedAtOnce, (attempt) => graded(attempt, options.judge))
  for await (const record of records) {
    most = Math.max(most, record.index + 1)
    tally.add(record)
    options.onRecord?.(record)
  }
  return { ...tally.report(), attemptsPerProblem: most }
}

interface ForeignAttempt {
  readonly problem: Problem
  readonly index: number
  readonly response: ForeignResponse
}

/** Rows with the same question are attempts at one problem. */
async function* attemptsOfFile(path: string, badRows: BadRows): AsyncGenerator<ForeignAttempt> {
  const counts = new Map<string, number>()
  for await (const batch of rowsOfFile(path)) {
    for (const row of batch) {
      if (row.kind === 'bad') {
        badRows.add(row)
        continue
      }
      const found = foreignRow(row.values)
      if (typeof found === 'string') {
        const { file, line } = row
        const reason = found === 'response' ? 'not readable' : 'no answer'
        badRows.add({ kind: 'bad', file, line, reason, detail: `no ${found} in it` })
        continue
      }
      const problem = problemOf(found.question, found.reference, found.source ?? sourceNameOf(path))
      for (const response of found.responses) {
        const index = counts.get(problem.id) ?? 0
        counts.set(problem.id, index + 1)
        yield { problem, index, response }
      }
    }
  }
}

function problemOf(question: string, answer: string, source: string): Problem {
  const digest = createHash('sha256')
    .update(`${questionKey(question)}\n${answer}`)
    .digest('hex')
  const id = `${source}/${digest.slice(0, 12)}`
  return { id, question, answer, source, verifier: { kind: 'equivalence' } }
}

async function graded(
  { problem, index, response }: ForeignAttempt,
  judge: Judge,
): Promise<AttemptRecord> {
  const answer = extractAnswer(response.ending)?.text ?? null
  const { correct } = await judge(problem, answer)
  return {
    problemId: problem.id,
    source: problem.source,
    index,
    correct,
    answer,
    stop: answer === null ? 'ended' : 'answered',
    tokens: null,
    turns: response.parts.filter(({ author }) => author === 'policy').length,
    snippets: snippetsOf(response.parts),
  }
}
