// The problems that a recipe names: read into memory, or as a stream where they are many.

import { UserError } from '../base/errors.ts'
import type { SourceRecipe } from '../config/problems-schema.ts'
import { BadRows } from '../data/bad-rows.ts'
import { combinedSource, type SourcePart } from '../data/combined-source.ts'
import { openSource, type SourceServices } from '../data/open-source.ts'
import { ownSource } from '../data/own-problems.ts'
import type { Problem } from '../data/problem.ts'
import type { ProblemSource } from '../data/problem-source.ts'
import { readProblems } from '../data/problem-stream.ts'
import { questionKey } from '../data/question-key.ts'

/** Says what was left out and why, one line each. */
export type Tell = (message: string) => void

/** More problems than this are not held in memory: about half a gigabyte of short ones. */
const mostInMemory = 500_000

/**
 * Problems of all sources in their order, without those whose question is in `judgedBy`. A source
 * in place of a list where there are more than memory should hold. Throws UserError where one of
 * the sources has none.
 */
export async function openProblems(
  sources: readonly SourceRecipe[],
  services: SourceServices,
  judgedBy: readonly Problem[],
  tell: Tell,
): Promise<readonly Problem[] | ProblemSource> {
  const parts: SourcePart[] = []
  for (const one of sources) {
    parts.push({ source: await sourceOf(one, services), limit: one.limit })
  }
  const keys = new Set(judgedBy.map(({ question }) => questionKey(question)))
  const all = combinedSource(parts, keys)
  const badRows = new BadRows('skip')
  const problems: Problem[] = []
  for await (const problem of readProblems(all, badRows)) {
    problems.push(problem)
    if (problems.length <= mostInMemory) continue
    tell(`${all.name}: more than ${mostInMemory} problems, read as a stream`)
    return all
  }
  for (const { reason, count, examples } of badRows.summary()) {
    tell(`${count} rows left out: ${reason} (${examples[0]})`)
  }
  return problems
}

/** The same where all of them are needed at once. */
export async function openProblemList(
  sources: readonly SourceRecipe[],
  services: SourceServices,
  tell: Tell,
): Promise<readonly Problem[]> {
  const problems = await openProblems(sources, services, [], tell)
  if (!('rows' in problems)) return problems
  throw new UserError(`${problems.name}: too many problems for an evaluation; give a limit`)
}

async function sourceOf(recipe: SourceRecipe, services: SourceServices): Promise<ProblemSource> {
  if ('own' in recipe) return await ownSource(recipe.name, recipe.own)
  const { from, limit: _, columns, ...options } = recipe
  return await openSource(from, { ...options, ...(columns && { columns }) }, services)
}
