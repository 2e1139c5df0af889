// A judge from a function of the user's own.

import { InfrastructureError } from '../base/errors.ts'
import type { Problem } from '../data/problem.ts'
import type { Judge } from './judge.ts'

/** Right or wrong, or a share of the credit in [0, 1]; never asked where there is no answer. */
export type OwnJudge = (
  problem: Problem,
  answer: string,
) => boolean | number | Promise<boolean | number>

/** What the function throws costs the judgement of one trajectory, as a lost grader does. */
export function judgeBy(own: OwnJudge): Judge {
  return async (problem, answer) => {
    if (answer === null || answer.trim() === '') return { correct: false, score: 0, by: 'nothing' }
    try {
      const score = Number(await own(problem, answer))
      if (score >= 0 && score <= 1) return { correct: score === 1, score, by: 'own' }
      throw new Error(`expected true, false or a number in [0, 1], got ${score}`)
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      throw new InfrastructureError('judge', `the recipe's judge: ${message}`, { cause: error })
    }
  }
}
