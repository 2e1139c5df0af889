// The problems that a recipe names, read into memory.

import { UserError } from '../base/errors.ts'
import type { SourceRecipe } from '../config/problems-schema.ts'
import { BadRows } from '../data/bad-rows.ts'
import { openSource, type SourceServices } from '../data/open-source.ts'
import { ownSource } from '../data/own-problems.ts'
import type { Problem } from '../data/problem.ts'
import type { ProblemSource } from '../data/problem-source.ts'
import { readProblems } from '../data/problem-stream.ts'
import { questionKey } from '../data/question-key.ts'

/** Says what was left out and why, one line each. */
export type Tell = (message: string) => void

/**
 * Problems of all sources in their order, without those whose question `exclude` holds (the ones
 * that a run is judged by). Throws UserError where nothing is left.
 */
export async function openProblems(
  sources: readonly SourceRecipe[],
  services: SourceServices,
  exclude: readonly Problem[],
  tell: Tell,
): Promise<readonly Problem[]> {
  const excluded = new Set(exclude.map(({ question }) => questionKey(question)))
  const problems: Problem[] = []
  for (const recipe of sources) {
    const source = await sourceOf(recipe, services)
    const { limit } = recipe
    const from = source.name
    const badRows = new BadRows('skip')
    let taken = 0
    let overlapping = 0
    for await (const problem of readProblems(source, badRows)) {
      if (excluded.has(questionKey(problem.question))) overlapping++
      else {
        problems.push(problem)
        if (++taken === limit) break
      }
    }
    if (overlapping > 0) tell(`${from}: ${overlapping} problems left out, a run is judged by them`)
    for (const { reason, count, examples } of badRows.summary()) {
      tell(`${from}: ${count} rows left out: ${reason} (${examples[0]})`)
    }
    if (taken === 0) throw new UserError(`${from}: no problems`)
  }
  return problems
}

async function sourceOf(recipe: SourceRecipe, services: SourceServices): Promise<ProblemSource> {
  if ('own' in recipe) return await ownSource(recipe.name, recipe.own)
  const { from, limit: _, columns, ...options } = recipe
  return await openSource(from, { ...options, ...(columns && { columns }) }, services)
}
