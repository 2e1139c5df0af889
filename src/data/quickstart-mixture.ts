// The quickstart's problems: hard without an interpreter, easy with one. Some families come with
// demonstrations, some never do; what training sees and what it is judged by share no question.

import type { MixtureFamily } from './mixture.ts'
import { drawMixture } from './mixture.ts'
import type { Problem } from './problem.ts'
import { questionKey } from './question-key.ts'
import type { GeneratorProcess } from './reasoning-gym.ts'

export interface QuickstartSettings {
  readonly seed: number
  /** Problems to demonstrate, over all demonstrated families. */
  readonly demonstrations: number
  /** Problems to practise on, over all families. */
  readonly train: number
  /** Problems to be judged by, over all families. */
  readonly heldOut: number
  readonly demonstrated: readonly MixtureFamily[]
  readonly undemonstrated: readonly MixtureFamily[]
}

export const quickstartDefaults: QuickstartSettings = {
  seed: 1,
  demonstrations: 240,
  train: 800,
  heldOut: 160,
  demonstrated: [
    { family: 'shopping' },
    { family: 'harvest' },
    { family: 'sharing' },
    { family: 'difference' },
    { family: 'products', settings: { min_digits: 2, max_digits: 4 } },
    { family: 'chain_sum', settings: { min_terms: 3, max_terms: 5, min_digits: 2, max_digits: 4 } },
    { family: 'gcd', settings: { min_value: 10, max_value: 999 } },
    { family: 'prime_factorization', settings: { min_value: 60, max_value: 999 } },
    { family: 'time_intervals', settings: { task_types: ['time', 'time_seconds'] } },
    { family: 'base_conversion', settings: { max_base: 10, min_value: 100, max_value: 999 } },
  ],
  undemonstrated: [
    { family: 'theater' },
    { family: 'savings' },
    { family: 'library' },
    { family: 'lcm', settings: { min_value: 10, max_value: 99 } },
    {
      family: 'basic_arithmetic',
      settings: { min_terms: 3, max_terms: 4, min_digits: 2, max_digits: 3, allow_negation: false },
    },
    { family: 'decimal_chain_sum', settings: { min_terms: 2, max_terms: 4, max_digits: 3 } },
  ],
}

/** The three sets of problems; no question is in two of them. */
export interface QuickstartProblems {
  readonly toDemonstrate: readonly Problem[]
  readonly train: readonly Problem[]
  readonly heldOut: readonly Problem[]
}

/** Draws the three sets; the same settings give the same sets. */
export async function quickstartMixture(
  settings: QuickstartSettings,
  generator: GeneratorProcess,
): Promise<QuickstartProblems> {
  const { demonstrated, undemonstrated, seed } = settings
  const everything = [...demonstrated, ...undemonstrated]
  const taken = new Set<string>()
  const draw = async (size: number, families: readonly MixtureFamily[], stride: number) => {
    const problems = await drawMixture(
      { families, size, seed: 3 * seed + stride, largestAnswerShare: 0.1 },
      generator,
      taken,
    )
    for (const problem of problems) taken.add(questionKey(problem.question))
    return problems
  }
  const heldOut = await draw(settings.heldOut, everything, 0)
  const toDemonstrate = await draw(settings.demonstrations, demonstrated, 1)
  return { heldOut, toDemonstrate, train: await draw(settings.train, everything, 2) }
}
