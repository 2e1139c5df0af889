// For tests: an answer is right when it is the reference, letter for letter.

import type { Judge } from './judge.ts'

export const literalJudge: Judge = async ({ answer }, given) => {
  const correct = given === answer
  return { correct, score: Number(correct), by: 'exact' }
}
