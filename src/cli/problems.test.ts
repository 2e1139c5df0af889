import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { scratchFolder } from '../../test/scratch-folder.ts'
import { printedBy } from './printed-by.fixture.ts'

afterEach(() => {
  vi.restoreAllMocks()
  process.exitCode = undefined
})

const folder = scratchFolder()
const file = join(folder, 'train.jsonl')
writeFileSync(
  file,
  [
    {
      question:
        'Natalia sold clips to 48 friends in April and half as many in May. How many in all?',
      answer: 'In May 48/2 = <<48/2=24>>24 clips.\nIn all 48+24 = <<48+24=72>>72 clips.\n#### 72',
    },
    {
      question: 'A book has 120 pages and Ann reads 15 a day. After how many days is she through?',
      answer: 'It takes 120/15 = <<120/15=8>>8 days.\n#### 8',
    },
    { question: 'A question without an answer?' },
  ]
    .map((row) => JSON.stringify(row))
    .join('\n'),
)

test('problems says what it read, what is there and what is wrong', async () => {
  const text = await printedBy('problems', file, '--samples', '1')
  expect(text).toContain('read as GSM8K (question: question; answer: answer, after ####')
  expect(text).toContain('2 problems, 2 with a worked solution')
  expect(text).toContain(`1 row: no answer\n  ${file}:3: no answer (column answer)`)
  const found = JSON.parse(await printedBy('problems', file, '--json'))
  expect(found).toMatchObject({ problems: 2, badRows: [{ reason: 'no answer', count: 1 }] })
  await expect(printedBy('problems', file, '--refuse')).rejects.toThrow(`${file}:3: no answer`)
  await expect(printedBy('problems', file, '--size', '5')).rejects.toThrow('for generated problems')
  await expect(printedBy('problems', join(folder, 'none'))).rejects.toThrow(
    'no such file or folder',
  )
})

test('cold-start writes demonstrations, their export and its report', async () => {
  const output = join(folder, 'demonstrations.jsonl')
  const sft = join(folder, 'sft.jsonl')
  const words = ['cold-start', file, '--output', output, '--sft', sft, '--json']
  const report = JSON.parse(await printedBy(...words))
  expect(report).toMatchObject({ kept: 2, left: { problems: 2, checks: 2 }, cost: null })
  const [first = ''] = readFileSync(output, 'utf8').split('\n')
  expect(JSON.parse(first)).toMatchObject({
    writer: 'marks',
    closing: { answer: '72' },
  })
  expect(readFileSync(sft, 'utf8')).toContain('<interpreter>')
  expect(JSON.parse(readFileSync(`${output}.report.json`, 'utf8'))).toMatchObject({ kept: 2 })
  await expect(printedBy('cold-start', file, '--output', output, '--model', 'big')).rejects.toThrow(
    '--model has no effect without --teacher',
  )
})

test('grade judges what others wrote', async () => {
  const responses = join(folder, 'responses.jsonl')
  const row = (response: string) => JSON.stringify({ question: 'Half?', answer: '1/2', response })
  writeFileSync(responses, [row('It is \\boxed{0.5}.'), row('It is \\boxed{2}.')].join('\n'))
  expect(JSON.parse(await printedBy('grade', responses, '--json')).all).toMatchObject({
    problems: 1,
    attempts: 2,
    average: { mean: 0.5 },
  })
  expect(await printedBy('grade', responses)).toContain('50.0 %')
})

test('two evaluations are compared', async () => {
  const report = (name: string, perProblem: Record<string, number>) => {
    const path = join(folder, name)
    writeFileSync(path, JSON.stringify({ perProblem }))
    return path
  }
  const first = report('first.json', { a: 0, b: 0 })
  const second = report('second.json', { a: 1, b: 1 })
  expect(await printedBy('evaluate', 'compare', first, second)).toContain('better in 2 problems')
  await expect(printedBy('evaluate', 'compare', first, file)).rejects.toThrow(
    'expected the report of an evaluation',
  )
})
