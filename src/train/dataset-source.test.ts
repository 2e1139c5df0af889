import { expect, test } from 'vitest'
import { ProblemStream } from '../data/problem-stream.ts'
import { datasetProblems, datasetSource } from './dataset-source.ts'
import type { Dataset, DatasetRow } from './retool-trainer-options.ts'

const inOrder = { seed: 1, shuffleBuffer: 1 }

function* rows(count: number, onRow = () => {}): Generator<DatasetRow> {
  for (let n = 1; n <= count; n++) {
    onRow()
    yield { prompt: `What is ${n}?`, answer: String(n) }
  }
}

async function answers(dataset: Dataset, count: number): Promise<string[]> {
  const stream = await ProblemStream.open(datasetSource('train', dataset), inOrder)
  const problems = await stream.take(count)
  await stream.close()
  return problems.map(({ answer }) => answer)
}

test('an array and a generator that ends are read again and again', async () => {
  expect(await answers([...rows(2)], 5)).toEqual(['1', '2', '1', '2', '1'])
  expect(await answers(rows(2), 5)).toEqual(['1', '2', '1', '2', '1'])
})

test('of rows without end no more are read than are needed', async () => {
  let read = 0
  const endless = rows(Number.POSITIVE_INFINITY, () => read++)
  expect(await answers(endless, 3)).toEqual(['1', '2', '3'])
  // One is held for the shuffle.
  expect(read).toBe(4)
})

test('what is too long to be remembered and gives no second pass is refused by name', async () => {
  const stream = await ProblemStream.open(datasetSource('train', rows(10_001)), inOrder)
  await stream.take(10_001)
  await expect(stream.next()).rejects.toThrow(/train was read to its end and gives no second pass/)
})

test('a problem keeps its id and its verifier, beside rows that get ours', async () => {
  const verifier = {
    kind: 'reasoning-gym',
    family: 'gcd',
    seed: 1,
    index: 0,
    settings: {},
  } as const
  const problem = { id: 'gcd/1/0', question: 'What?', answer: '1', source: 'gcd', verifier }
  const problems = await datasetProblems('train', [problem, { prompt: 'What?', answer: '2' }])
  expect(problems[0]).toEqual(problem)
  expect(problems[1]).toMatchObject({ id: 'train-2', verifier: { kind: 'equivalence' } })
})

test('a row that is none is named; no rows are an error', async () => {
  const wrong = [{ prompt: 'What?', answer: '1' }, { prompt: 'What?' } as DatasetRow]
  await expect(datasetProblems('evaluation', wrong)).rejects.toThrow(/evaluation, row 2: expected/)
  await expect(answers([], 1)).rejects.toThrow(/no problems/)
})
