// From a row to a problem, or to the reason why it is none.

import { createHash } from 'node:crypto'
import type { Mapping } from './columns.ts'
import { columnOf } from './columns.ts'
import { finalAnswer } from './final-answer.ts'
import type { Problem } from './problem.ts'
import type { BadRowReason, RowPlace } from './row.ts'

/** A problem or a bad row, with its place. */
export type ProblemRow = RowPlace &
  (
    | { readonly kind: 'problem'; readonly problem: Problem }
    | { readonly kind: 'bad'; readonly reason: BadRowReason; readonly detail: string }
  )

export interface RowBounds {
  /** Most characters of a question. */
  readonly longestQuestion: number
}

export const defaultBounds: RowBounds = { longestQuestion: 20_000 }

/** Longest reference that a grader is asked to compare with. */
const longestAnswer = 1_000

/** The problem of a readable row. `source` names the data set. */
export function problemOfRow(
  row: RowPlace & { readonly values: Readonly<Record<string, unknown>> },
  mapping: Mapping,
  source: string,
  bounds: RowBounds = defaultBounds,
): ProblemRow {
  const { file, line, values } = row
  const bad = (reason: BadRowReason, detail = ''): ProblemRow => ({
    kind: 'bad',
    file,
    line,
    reason,
    detail,
  })
  const { columns } = mapping
  const parts = columns.question.map((name) => textOf(columnOf(values, name)))
  const question = unwrapQuestion(parts.join(' ').trim())
  if (question === '') return bad('no question', `column ${columns.question.join(' + ')}`)
  if (question.length > bounds.longestQuestion) {
    return bad('too long', `${question.length} characters, at most ${bounds.longestQuestion}`)
  }
  const raw = textOf(columnOf(values, columns.answer))
  if (raw.trim() === '') return bad('no answer', `column ${columns.answer}`)
  const answer = finalAnswer(raw, mapping.answerForm)
  if (answer === undefined || answer === '') {
    return bad(
      'no answer',
      `column ${columns.answer} has no answer of the form ${mapping.answerForm}`,
    )
  }
  const ungradable = whyUngradable(answer)
  if (ungradable) return bad('answer cannot be graded', ungradable)
  const solution = columns.solution ? textOf(columnOf(values, columns.solution)) : ''
  const id = columns.id ? textOf(columnOf(values, columns.id)) : ''
  const problem: Problem = {
    id: `${source}/${id || fingerprint(question)}`,
    question,
    answer,
    source,
    verifier: { kind: 'equivalence' },
    ...(solution.trim() !== '' && { solution }),
    metadata: remaining(values, mapping),
  }
  return { kind: 'problem', file, line, problem }
}

/** A message list counts as the content of its last user message. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (!Array.isArray(value)) return ''
  const user = value.filter((message) => message?.role === 'user').at(-1)
  return typeof user?.content === 'string' ? user.content : ''
}

/** The question inside the instructions that DAPO-Math puts around it. */
function unwrapQuestion(text: string): string {
  const wrapped =
    /^Solve the following math problem step by step\.[^\n]*\n\n([\s\S]*)\n\nRemember to put your answer on its own line after "Answer:"\.?$/
  return wrapped.exec(text)?.[1]?.trim() ?? text
}

/** Why no grader could compare with this answer, or undefined. */
function whyUngradable(answer: string): string | undefined {
  if (answer.length > longestAnswer) return `${answer.length} characters`
  if (!/[\p{L}\p{N}\\]/u.test(answer)) return `no letter or digit in ${JSON.stringify(answer)}`
  if (/^(proof|n\/a|none|see solution)\.?$/i.test(answer)) return JSON.stringify(answer)
  let depth = 0
  for (const character of answer.replace(/\\[{}]/g, '')) {
    if (character === '{') depth++
    if (character === '}' && --depth < 0) break
  }
  return depth === 0 ? undefined : 'unbalanced braces'
}

function fingerprint(question: string): string {
  return createHash('sha256').update(question).digest('hex').slice(0, 12)
}

function remaining(
  values: Readonly<Record<string, unknown>>,
  { columns }: Mapping,
): Readonly<Record<string, unknown>> {
  const used = [...columns.question, columns.answer, columns.solution, columns.id]
  return Object.fromEntries(Object.entries(values).filter(([name]) => !used.includes(name)))
}
