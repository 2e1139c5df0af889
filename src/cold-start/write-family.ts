// Demonstrations of generated problems: a reasoning-gym family by its plans, a story by its formula.

import type { RandomStream } from '../base/random.ts'
import type { Problem } from '../data/problem.ts'
import { familyPlans } from './family-code.ts'
import type { Written } from './script.ts'
import { leadIn, pick, quoteOutput } from './wording.ts'
import { writeStory } from './write-story.ts'

/** A script for a problem that `drawMixture` made. */
export function writeFamily(problem: Problem, stream: RandomStream): Written {
  if (problem.metadata?.['formula'] !== undefined) return writeStory(problem, stream)
  const planOf = familyPlans[problem.source]
  if (!planOf) return { kind: 'refused', reason: `no rule for the family ${problem.source}` }
  const plan = planOf(problem)
  if (!plan) return { kind: 'refused', reason: `a form of ${problem.source} that the rule lacks` }
  const thought = leadIn(stream, pick(stream, plan.plans))
  const code = pick(stream, plan.programs)
  return {
    kind: 'script',
    script: { steps: [{ thought, code, expected: 'ok' }], close: quoteOutput(stream) },
  }
}
