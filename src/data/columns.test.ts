import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { mapColumns } from './columns.ts'
import { localFiles } from './local-files.ts'
import { problemOfRow } from './problem-of-row.ts'
import { fileSource } from './problem-source.ts'
import { survey } from './survey.ts'

/** [row, name of the guess, question, answer] */
const rows: readonly [Record<string, unknown>, string, string, string][] = [
  [{ question: 'How many?', answer: 'So <<3*4=12>>12.\n#### 1,200' }, 'GSM8K', 'How many?', '1200'],
  [
    { problem: 'Find $x$.', level: 'Level 5', solution: 'It is $\\boxed{\\frac{1}{2}}$.' },
    'MATH (problem, solution)',
    'Find $x$.',
    '\\frac{1}{2}',
  ],
  [
    {
      prompt: [
        {
          role: 'user',
          content:
            'Solve the following math problem step by step. The last line is Answer: $Answer.\n\nFind n.\n\nRemember to put your answer on its own line after "Answer:".',
        },
      ],
      reward_model: { ground_truth: '34', style: 'rule' },
    },
    'DAPO-Math',
    'Find n.',
    '34',
  ],
  [{ prompt: 'Find n.', solution: '34' }, 'DAPO-Math (processed)', 'Find n.', '34'],
  [{ input: 'Find n.', output: '045' }, 'AIME (input, output)', 'Find n.', '045'],
  [{ ID: '1', Problem: 'Find n.', Answer: 70 }, 'AIME (Problem, Answer)', 'Find n.', '70'],
  [{ problem: 'How far?', answer: 27.0, url: 'u' }, 'AMC (problem, answer)', 'How far?', '27'],
  [
    { body: 'Seven and two.', question: 'Sum?', answer: '9 (apples)', formula: '7+2=9' },
    'ASDiv',
    'Seven and two. Sum?',
    '9',
  ],
  [
    { Body: 'Seven.', Question: 'What?', Answer: 7.0, Equation: '( 7.0 )', ID: 'c-1' },
    'SVAMP',
    'Seven. What?',
    '7',
  ],
  [{ input: 'Joan has 70.', target: 43.0 }, 'MAWPS', 'Joan has 70.', '43'],
  [
    {
      ...{ problem: 'Find n.', deepseek_reasoning: 'Hm.', deepseek_solution: 'It is 3.' },
      ground_truth_solution: 'Thus \\boxed{3}.',
    },
    'Open-Thoughts (metadata)',
    'Find n.',
    '3',
  ],
  [{ query: 'What?', label: 'x+1' }, 'columns query and label', 'What?', 'x+1'],
]

test.each(rows)('guesses %#', (values, name, question, answer) => {
  const mapping = mapColumns(values)
  expect(mapping.name).toBe(name)
  const row = problemOfRow({ file: 'f', line: 1, values }, mapping, 'set')
  expect(row).toMatchObject({ kind: 'problem', problem: { question, answer } })
})

test('columns by option, with the nearest name for a wrong one', () => {
  const values = { title: 'What?', text: 'no', result: '#### 7' }
  const mapping = mapColumns(values, { question: 'title', answer: 'result' })
  expect(mapping).toMatchObject({ name: 'your columns', answerForm: 'hashes' })
  expect(() => mapColumns(values, { question: 'titel' })).toThrow('did you mean title?')
  expect(() => mapColumns({ one: 1, two: 2 })).toThrow('--question COLUMN --answer COLUMN')
})

const gsm8k = mapColumns({ question: 'q', answer: '#### 1' })
const reasonOf = (values: Record<string, unknown>, longestQuestion = 100) => {
  const row = problemOfRow({ file: 'f', line: 3, values }, gsm8k, 'set', { longestQuestion })
  return row.kind === 'bad' ? row.reason : null
}

test('a row that is no problem says why', () => {
  expect(reasonOf({ question: 'What?', answer: '#### 7' })).toBeNull()
  expect(reasonOf({ answer: '#### 7' })).toBe('no question')
  expect(reasonOf({ question: ' ', answer: '#### 7' })).toBe('no question')
  expect(reasonOf({ question: 'What?', answer: null })).toBe('no answer')
  expect(reasonOf({ question: 'What?', answer: 'seven' })).toBe('no answer')
  expect(reasonOf({ question: 'What? '.repeat(99), answer: '#### 7' })).toBe('too long')
  expect(reasonOf({ question: 'What?', answer: '#### -' })).toBe('answer cannot be graded')
  expect(reasonOf({ question: 'What?', answer: '#### \\frac{1}{2' })).toBe(
    'answer cannot be graded',
  )
})

const shared = resolve(import.meta.dirname, '../../../shared/data')

test.skipIf(!existsSync(shared))('reads the usual sets as they are', async () => {
  const expected: Record<string, number> = {
    'gsm8k/train.jsonl': 7473,
    'gsm8k/test.jsonl': 1319,
    asdiv: 2213,
    svamp: 1000,
    mawps: 1978,
    amc: 40,
    aime: 60,
  }
  for (const [name, problems] of Object.entries(expected)) {
    const path = join(shared, name)
    const source = fileSource(name, await localFiles(path, {}))
    expect([name, (await survey(source, { samples: 0, seed: 1 })).problems]).toEqual([
      name,
      problems,
    ])
  }
})
