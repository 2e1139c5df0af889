import { expect, test } from 'vitest'
import { BadRows } from './bad-rows.ts'
import { type OwnProblems, ownSource } from './own-problems.ts'
import { readProblems } from './problem-stream.ts'

async function read(own: OwnProblems) {
  const problems = []
  for await (const problem of readProblems(await ownSource('mine', own), new BadRows('skip'))) {
    problems.push(problem)
  }
  return problems
}

test('a list and functions that make one, asynchronous ones too', async () => {
  const rows = [
    { question: 'What is 1 + 1?', answer: '2' },
    { id: 'two', question: 'What is 2 + 2?', answer: '4' },
  ]
  const expected = [
    { ...rows[0], id: 'mine-0', source: 'mine', verifier: { kind: 'equivalence' } },
    { ...rows[1], source: 'mine', verifier: { kind: 'equivalence' } },
  ]
  async function* later() {
    yield* rows
  }
  for (const own of [rows, () => rows, async () => rows, later]) {
    expect(await read(own)).toEqual(expected)
  }
})

test('a row without answer is refused by its place', async () => {
  const rows = [{ question: 'q', answer: 3 }] as unknown as OwnProblems
  await expect(read(rows)).rejects.toThrow('problem mine-0: answer: expected a text, found 3')
})
