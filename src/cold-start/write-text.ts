// Demonstrations without code: the arm that tool use is compared with, and, mixed in, the choice
// that reinforcement learning has to make: to call or not to call.

import type { RandomStream } from '../base/random.ts'
import type { Problem } from '../data/problem.ts'
import type { Written } from './script.ts'
import { pick } from './wording.ts'

/** The worked solution where the problem has one, else the bare answer in a sentence. */
export function writeText(problem: Problem, stream: RandomStream): Written {
  if (problem.answer === '') return { kind: 'refused', reason: 'no reference answer' }
  const { answer } = problem
  const thought =
    problem.solution === undefined
      ? `${formulaSentence(problem)}${pick(stream, [
          `The answer is ${answer}.`,
          `This gives ${answer}.`,
          `I get ${answer}.`,
          `So the result is ${answer}.`,
        ])}`
      : plainSolution(problem.solution)
  return { kind: 'script', script: { steps: [], close: () => ({ thought, answer }) } }
}

/** The solution without calculator marks and without a final `####` line. */
export function plainSolution(solution: string): string {
  return solution
    .replace(/<<[^>]*>>/g, '')
    .replace(/\n?####[^\n]*\s*$/, '')
    .trim()
}

/** "I calculate 12 * 34 + 5. " for a story, '' where there is no formula. */
function formulaSentence(problem: Problem): string {
  const formula = problem.metadata?.['formula']
  const quantities = problem.metadata?.['quantities'] as
    | Readonly<Record<string, number>>
    | undefined
  if (typeof formula !== 'string' || !quantities) return ''
  const inline = formula.replace(/[a-zA-Z]+/g, (name) => String(quantities[name] ?? name))
  return `I calculate ${inline.replace('//', '/')}. `
}
