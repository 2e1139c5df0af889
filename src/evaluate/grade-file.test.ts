import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { scratchFolder } from '../../test/scratch-folder.ts'
import { BadRows } from '../data/bad-rows.ts'
import { literalJudge } from '../reward/literal-judge.fixture.ts'
import type { AttemptRecord } from './attempt-record.ts'
import { gradeFile } from './grade-file.ts'

const tagged = (code: string, output: string, answer: string) =>
  `I run it.\n<code>\n\`\`\`python\n${code}\n\`\`\`\n</code>\n<interpreter>\n${output}\n</interpreter>\nSo.\n<answer>\n\\boxed{${answer}}\n</answer>`

const rows = [
  { question: 'What is 3 * 4?', answer: '12', response: tagged('print(3 * 4)', '12', '12') },
  {
    question: 'What is 3 * 4?',
    answer: '12',
    response: tagged('print(x)', "NameError: name 'x' is not defined", '7'),
  },
  {
    problem: 'What is 2 + 2?',
    ground_truth: 4,
    responses: [
      'It is \\boxed{4}.',
      '```python\nprint(2+2)\n```\n```output\n4\n```\nThus \\boxed{5}',
    ],
    source: 'sums',
  },
  {
    answer: '9',
    messages: [
      { role: 'user', content: 'What is 3 * 3?' },
      {
        role: 'assistant',
        content: 'I call.',
        tool_calls: [{ function: { name: 'interpreter', arguments: '{"code": "print(9)"}' } }],
      },
      { role: 'tool', content: '9' },
      { role: 'assistant', content: 'It is \\boxed{9}.' },
    ],
  },
  {
    question: 'What is 5 + 5?',
    answer: 'It is 5 + 5 = 10.\n#### 10',
    messages: [
      {
        role: 'assistant',
        content: '',
        tool_calls: ['print(x)', 'print(5 + 5)'].map((code, id) => ({
          id,
          function: { name: 'interpreter', arguments: { code } },
        })),
      },
      { role: 'tool', tool_call_id: 1, content: '10' },
      { role: 'tool', tool_call_id: 0, content: "NameError: name 'x' is not defined" },
      { role: 'assistant', content: 'It is \\boxed{10}.' },
    ],
  },
  { question: 'No reference?', response: 'None.' },
  { question: 'No response?', answer: '1' },
]
const path = join(scratchFolder(), 'theirs.jsonl')
writeFileSync(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''))

test('grades tags, fences and messages, and groups attempts by question', async () => {
  const badRows = new BadRows('skip')
  const records: AttemptRecord[] = []
  const report = await gradeFile(path, {
    judge: literalJudge,
    badRows,
    onRecord: (record) => records.push(record),
  })
  expect(records.map(({ correct, index, answer }) => [correct, index, answer])).toEqual([
    [true, 0, '12'],
    [false, 1, '7'],
    [true, 0, '4'],
    [false, 1, '5'],
    [true, 0, '9'],
    [true, 0, '10'],
  ])
  expect(records.map(({ snippets }) => snippets.map(({ ok }) => ok))).toEqual([
    [true],
    [false],
    [],
    [true],
    [true],
    [true, false],
  ])
  expect(report.all).toMatchObject({ problems: 4, attempts: 6 })
  expect(report.all.average.mean).toBeCloseTo((0.5 + 0.5 + 1 + 1) / 4)
  expect(report.bySource['sums']?.problems).toBe(1)
  expect(report.all.behaviour).toMatchObject({ codeRatio: 5 / 6, correctCodeCount: 4 })
  expect(badRows.summary().map(({ examples }) => examples[0])).toEqual([
    `${path}:6: no answer (no reference answer in it)`,
    `${path}:7: not readable (no response in it)`,
  ])
})
