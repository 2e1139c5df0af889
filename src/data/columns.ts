// Which column of a data set holds what: given by option, or guessed from the usual sets' shapes.

import { UserError } from '../base/errors.ts'
import { nearest } from '../base/nearest.ts'
import type { AnswerForm } from './final-answer.ts'
import { finalAnswer } from './final-answer.ts'

/** Names of columns; a dotted name reaches into a record (`reward_model.ground_truth`). */
export interface Columns {
  /** Several are joined by a space (a story and its question). */
  readonly question: readonly string[]
  readonly answer: string
  readonly solution?: string
  readonly id?: string
}

/** How rows become problems. */
export interface Mapping {
  /** The set whose shape this is, or `your columns`. */
  readonly name: string
  readonly columns: Columns
  /** How the answer is taken out of its column. */
  readonly answerForm: AnswerForm
}

/** The columns that the user named; what is missing is guessed. */
export interface ColumnOptions {
  readonly question?: string
  readonly answer?: string
  readonly solution?: string
}

interface KnownShape extends Mapping {
  /** Decides between shapes whose columns are alike. */
  readonly fits?: (values: Readonly<Record<string, unknown>>) => boolean
}

const shape = (
  name: string,
  columns: Columns,
  answerForm: AnswerForm = 'plain',
  fits?: KnownShape['fits'],
): KnownShape => ({ name, columns, answerForm, ...(fits && { fits }) })

/** Most telling first: the first whose columns are all there is taken. */
const knownShapes: readonly KnownShape[] = [
  shape('SVAMP', {
    question: ['Body', 'Question'],
    answer: 'Answer',
    solution: 'Equation',
    id: 'ID',
  }),
  shape('ASDiv', { question: ['body', 'question'], answer: 'answer', solution: 'formula' }, 'unit'),
  shape('MAWPS', { question: ['input'], answer: 'target' }),
  shape('DAPO-Math', { question: ['prompt'], answer: 'reward_model.ground_truth' }),
  shape(
    'Open-Thoughts (metadata)',
    {
      question: ['problem'],
      answer: 'ground_truth_solution',
      solution: 'deepseek_reasoning',
    },
    'boxed',
  ),
  shape('AIME (Problem, Solution, Answer)', {
    question: ['Problem'],
    answer: 'Answer',
    solution: 'Solution',
    id: 'ID',
  }),
  shape('AIME (Problem, Answer)', { question: ['Problem'], answer: 'Answer' }),
  shape(
    'GSM8K',
    { question: ['question'], answer: 'answer', solution: 'answer' },
    'hashes',
    (values) => String(values['answer']).includes('####'),
  ),
  shape('MATH (problem, solution, answer)', {
    question: ['problem'],
    answer: 'answer',
    solution: 'solution',
  }),
  shape('AMC (problem, answer)', { question: ['problem'], answer: 'answer' }),
  shape(
    'MATH (problem, solution)',
    { question: ['problem'], answer: 'solution', solution: 'solution' },
    'boxed',
  ),
  shape(
    'DAPO-Math (processed)',
    { question: ['prompt'], answer: 'solution' },
    'plain',
    (values) => String(values['prompt']).length > 0 && String(values['solution']).length < 100,
  ),
  shape('AIME (input, output)', { question: ['input'], answer: 'output' }),
]

const questionNames = ['question', 'problem', 'prompt', 'query', 'input', 'text']
const answerNames = [
  'answer',
  'final_answer',
  'expected_answer',
  'target',
  'output',
  'label',
  'solution',
]

/**
 * The mapping for rows like `values` (the file's first readable row). Throws UserError where an
 * option names no column, or where nothing fits; the message lists the columns there are.
 */
export function mapColumns(
  values: Readonly<Record<string, unknown>>,
  options: ColumnOptions = {},
): Mapping {
  for (const name of Object.values(options)) requireColumn(values, name)
  const guess = options.question && options.answer ? undefined : guessMapping(values)
  const question = options.question ? [options.question] : guess?.columns.question
  const answer = options.answer ?? guess?.columns.answer
  if (!question || !answer) {
    throw new UserError(
      `cannot tell which columns hold question and answer; found ${Object.keys(values).join(', ')}. Name them: --question COLUMN --answer COLUMN`,
    )
  }
  const given = Object.keys(options).length > 0
  const solution = options.solution ?? guess?.columns.solution
  const id = guess?.columns.id
  return {
    name: given ? 'your columns' : (guess?.name ?? 'your columns'),
    columns: { question, answer, ...(solution && { solution }), ...(id && { id }) },
    answerForm: options.answer ? formOf(values, answer) : (guess?.answerForm ?? 'plain'),
  }
}

function requireColumn(values: Readonly<Record<string, unknown>>, name: string): void {
  if (columnOf(values, name) !== undefined) return
  const columns = Object.keys(values)
  const suggestion = nearest(name, columns)
  throw new UserError(
    `no column is called ${name}; ${suggestion ? `did you mean ${suggestion}?` : `found ${columns.join(', ')}`}`,
    2,
  )
}

function guessMapping(values: Readonly<Record<string, unknown>>): Mapping | undefined {
  const known = knownShapes.find(
    ({ columns, fits }) =>
      [...columns.question, columns.answer, columns.solution].every(
        (name) => name === undefined || columnOf(values, name) !== undefined,
      ) &&
      (fits?.(values) ?? true),
  )
  if (known) {
    const { name, columns, answerForm } = known
    const { id, ...rest } = columns
    const present = id !== undefined && columnOf(values, id) !== undefined
    return { name, columns: present ? columns : rest, answerForm }
  }
  const byName = (names: readonly string[]) =>
    names.flatMap((name) => Object.keys(values).filter((key) => key.toLowerCase() === name))[0]
  const question = byName(questionNames)
  const answer = byName(answerNames.filter((name) => name !== question))
  if (!question || !answer) return undefined
  return {
    name: `columns ${question} and ${answer}`,
    columns: { question: [question], answer },
    answerForm: formOf(values, answer),
  }
}

function formOf(values: Readonly<Record<string, unknown>>, answer: string): AnswerForm {
  const text = String(columnOf(values, answer))
  if (/####/.test(text)) return 'hashes'
  return finalAnswer(text, 'boxed') === undefined ? 'plain' : 'boxed'
}

/** The value of a column; a dotted name reaches into records. */
export function columnOf(values: Readonly<Record<string, unknown>>, name: string): unknown {
  if (name in values) return values[name]
  let value: unknown = values
  for (const key of name.split('.')) {
    if (typeof value !== 'object' || value === null) return undefined
    value = (value as Readonly<Record<string, unknown>>)[key]
  }
  return value
}
