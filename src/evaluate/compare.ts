// Two runs on the same problems, compared problem by problem.

import { UserError } from '../base/errors.ts'
import type { Estimate } from './bootstrap.ts'
import { estimate } from './bootstrap.ts'
import type { EvaluationReport } from './evaluation-report.ts'

export interface Comparison {
  readonly first: Estimate
  readonly second: Estimate
  /** Second less first, paired by problem: a tighter interval than the two apart. */
  readonly difference: Estimate
  /** Problems in which the second run is better, worse, equal. */
  readonly better: number
  readonly worse: number
  readonly equal: number
  /** Problems that only one of the runs has; they are left out. */
  readonly unpaired: number
}

/** Throws UserError where the runs have no problem in common. */
export function compare(
  first: Pick<EvaluationReport, 'perProblem'>,
  second: Pick<EvaluationReport, 'perProblem'>,
): Comparison {
  const shared = Object.keys(first.perProblem).filter((id) => id in second.perProblem)
  if (shared.length === 0) {
    throw new UserError('the two evaluations have no problem in common; evaluate both on one set')
  }
  const firstValues = shared.map((id) => first.perProblem[id] ?? 0)
  const secondValues = shared.map((id) => second.perProblem[id] ?? 0)
  const differences = secondValues.map((value, index) => value - (firstValues[index] ?? 0))
  const all = new Set([...Object.keys(first.perProblem), ...Object.keys(second.perProblem)])
  return {
    first: estimate(firstValues),
    second: estimate(secondValues),
    difference: estimate(differences),
    better: differences.filter((value) => value > 0).length,
    worse: differences.filter((value) => value < 0).length,
    equal: differences.filter((value) => value === 0).length,
    unpaired: all.size - shared.length,
  }
}
