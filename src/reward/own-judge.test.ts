import { expect, test } from 'vitest'
import type { Problem } from '../data/problem.ts'
import { judgeBy } from './own-judge.ts'

const problem: Problem = {
  id: 'p',
  question: 'q',
  answer: 'Paris',
  source: 's',
  verifier: { kind: 'equivalence' },
}

test('right, wrong, a share of the credit, no answer', async () => {
  const judge = judgeBy(({ answer }, given) => (given === answer ? true : given.length / 10))
  expect(await judge(problem, 'Paris')).toEqual({ correct: true, score: 1, by: 'own' })
  expect(await judge(problem, 'Rome')).toEqual({ correct: false, score: 0.4, by: 'own' })
  expect(await judge(problem, null)).toEqual({ correct: false, score: 0, by: 'nothing' })
})

test('a judge that throws or says nothing sensible costs one judgement, not the run', async () => {
  const broken = judgeBy(() => {
    throw new Error('no such city')
  })
  await expect(broken(problem, 'x')).rejects.toMatchObject({
    name: 'InfrastructureError',
    message: "the recipe's judge: no such city",
  })
  await expect(judgeBy(() => 7)(problem, 'x')).rejects.toThrow(/a number in \[0, 1\], got 7/)
})
