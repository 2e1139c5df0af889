// ASDiv's formulas (`74/12=6 r2`, `GCD(40,32)=8`) and SVAMP's equations (`( 290.0 / 2.0 )`).

import type { Problem } from '../data/problem.ts'
import type { ReadCalculation } from './calculation.ts'
import { expressionTokens } from './calculation.ts'
import { pythonName } from './python-name.ts'

/** The formula as one step. Equations in unknowns, ratios and comparisons are not arithmetic. */
export function readFormula(problem: Problem): ReadCalculation {
  const formula = problem.solution?.trim()
  if (!formula) return { kind: 'unreadable', reason: 'no formula' }
  const expression = withRemainder(formula, problem) ?? ofTwo(formula) ?? arithmetic(formula)
  if (expression === undefined) {
    return { kind: 'unreadable', reason: 'a formula that is no arithmetic' }
  }
  const name = pythonName(unitOf(problem)) || 'result'
  const step = { expression, result: null, name, sentence: '' }
  return { kind: 'calculation', calculation: { steps: [step], ending: '' } }
}

function arithmetic(formula: string): string | undefined {
  const [expression = '', ...results] = formula.split('=')
  if (results.length > 1 || expressionTokens(expression) === null) return undefined
  return expression
}

/** `74/12=6 r2`: quotient, remainder or next whole number, whichever the question asks for. */
function withRemainder(formula: string, { answer }: Problem): string | undefined {
  const match = /^(\d+)\/(\d+)=(\d+) r(\d+)$/.exec(formula)
  const [, dividend = '', divisor = '', quotient, remainder] = match ?? []
  if (!match) return undefined
  if (answer === quotient) return `${dividend}//${divisor}`
  if (answer === remainder) return `${dividend}%${divisor}`
  return `-(-${dividend}//${divisor})`
}

function ofTwo(formula: string): string | undefined {
  const match = /^(GCD|LCM)[([](\d+),\s*(\d+)[)\]]=\d+$/.exec(formula)
  const [, which, a, b] = match ?? []
  return match ? `math.${which === 'GCD' ? 'gcd' : 'lcm'}(${a}, ${b})` : undefined
}

/** The noun asked for: `How many noodles ...`. */
function unitOf({ question }: Problem): string {
  return /how (?:many|much) ([a-z]+(?: [a-z]+)?)/i.exec(question)?.[1] ?? ''
}
