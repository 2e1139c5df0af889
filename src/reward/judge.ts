// Whether an answer is right: our exact path first, then a grader in a process of its own.

import { InfrastructureError } from '../base/errors.ts'
import type { Problem } from '../data/problem.ts'
import { exactlyEqual } from './exact-equivalence.ts'

/** What a judge found. */
export interface Judgement {
  readonly correct: boolean
  /** In [0, 1]; some families of problems give part of the credit. */
  readonly score: number
  /** Who decided: there was no answer, our arithmetic, the grader, or a function of the user's own. */
  readonly by: 'nothing' | 'exact' | 'grader' | 'own'
}

/** Judges an answer; null is no answer. Throws InfrastructureError where the grader is broken. */
export type Judge = (problem: Problem, answer: string | null) => Promise<Judgement>

/** A process, or a pool of them, that runs grader.py. */
export interface Grader {
  request(
    payload: unknown,
    options: { readonly deadlineMs: number; readonly signal?: AbortSignal },
  ): Promise<unknown>
}

/** Who grades, and for how long. */
export interface JudgeOptions {
  readonly grader: Grader
  /** Time for one answer, after which it counts as wrong. */
  readonly seconds: number
}

/** Longer answers are wrong without being read. */
const answerLimit = 4000

/** Start of the process, its imports and a busy machine. */
const slackMs = 60_000

/**
 * A judge over `grader`. An answer on which a verifier raises, hangs, dies or eats memory is wrong;
 * a grader that does not work at all is a failure of ours.
 */
export function answerJudge({ grader, seconds }: JudgeOptions): Judge {
  const wrong = { correct: false, score: 0 } as const
  return async (problem, answer) => {
    if (answer === null || answer.trim() === '') return { ...wrong, by: 'nothing' }
    if (answer.length > answerLimit) return { ...wrong, by: 'exact' }
    const { verifier } = problem
    if (verifier.kind === 'equivalence') {
      const equal = exactlyEqual(problem.answer, answer)
      if (equal !== null) return { correct: equal, score: equal ? 1 : 0, by: 'exact' }
    }
    const payload =
      verifier.kind === 'equivalence'
        ? { kind: 'equivalence', reference: problem.answer, answer, seconds }
        : { ...verifier, answer, seconds }
    const score = await asked(grader, payload, seconds * 1000 + slackMs)
    return { correct: score > 1 - 1e-9, score, by: 'grader' }
  }
}

/** Asks once more where the grader was lost; a second loss is an InfrastructureError. */
async function asked(grader: Grader, payload: unknown, deadlineMs: number): Promise<number> {
  const score = await grader.request(payload, { deadlineMs }).catch((error: unknown) => {
    const lost = error instanceof InfrastructureError && error.kind !== 'cancelled'
    if (!lost) throw error
    return grader.request(payload, { deadlineMs })
  })
  if (typeof score === 'number' && score >= 0 && score <= 1) return score
  throw new InfrastructureError('grader', `expected a score in [0, 1], got ${String(score)}`)
}
