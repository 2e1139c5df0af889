// The problems that a recipe names: those to be judged by in memory, those to train on as they are
// asked for.

import { UserError } from '../base/errors.ts'
import type { SourceRecipe } from '../config/problems-schema.ts'
import { BadRows } from '../data/bad-rows.ts'
import { openSource, type SourceServices } from '../data/open-source.ts'
import type { Problem } from '../data/problem.ts'
import type { ProblemRow } from '../data/problem-of-row.ts'
import type { ProblemSource } from '../data/problem-source.ts'
import { readProblems } from '../data/problem-stream.ts'
import { questionKey } from '../data/question-key.ts'
import {
  listSupplies,
  type ProblemSupply,
  streamSupply,
  type Tell,
  tellLeftOut,
} from './problem-supply.ts'

/** Problems of all sources in their order. Throws UserError where one has none. */
export async function openProblems(
  sources: readonly SourceRecipe[],
  services: SourceServices,
  tell: Tell,
): Promise<readonly Problem[]> {
  const problems: Problem[] = []
  for (const recipe of sources) {
    problems.push(...(await readAll(await opened(recipe, services), recipe.limit, tell)))
  }
  return problems
}

export interface SupplyOptions {
  readonly seed: number
  /** Their questions are left out: a run is judged by them. */
  readonly exclude: readonly Problem[]
}

/**
 * Supplies of all sources. Generated problems and the first few of a file are in memory, by family;
 * whole files and Hub data sets are streamed.
 */
export async function openSupplies(
  sources: readonly SourceRecipe[],
  services: SourceServices,
  { seed, exclude }: SupplyOptions,
  tell: Tell,
): Promise<readonly ProblemSupply[]> {
  const excluded = new Set(exclude.map(({ question }) => questionKey(question)))
  const supplies: ProblemSupply[] = []
  for (const recipe of sources) {
    const source = without(await opened(recipe, services), excluded)
    const isStreamed = recipe.limit === null && !recipe.from.startsWith('gym:')
    if (isStreamed) supplies.push(streamSupply(source, { seed }, tell))
    else supplies.push(...listSupplies(await readAll(source, recipe.limit, tell), seed))
  }
  return supplies
}

async function opened(
  { from, limit: _, columns, ...rest }: SourceRecipe,
  services: SourceServices,
): Promise<ProblemSource> {
  return await openSource(from, { ...rest, ...(columns && { columns }) }, services)
}

async function readAll(
  source: ProblemSource,
  limit: number | null,
  tell: Tell,
): Promise<readonly Problem[]> {
  const badRows = new BadRows('skip')
  const problems: Problem[] = []
  for await (const problem of readProblems(source, badRows)) {
    problems.push(problem)
    if (problems.length === limit) break
  }
  tellLeftOut(source.name, badRows, tell)
  if (problems.length === 0) throw new UserError(`${source.name}: no problems`)
  return problems
}

function without(source: ProblemSource, excluded: ReadonlySet<string>): ProblemSource {
  return {
    name: source.name,
    async *rows() {
      for await (const batch of source.rows()) {
        yield batch.map((row): ProblemRow => {
          if (row.kind === 'bad' || !excluded.has(questionKey(row.problem.question))) return row
          const { file, line, problem } = row
          return { kind: 'bad', file, line, reason: 'kept for evaluation', detail: problem.id }
        })
      }
    },
  }
}
