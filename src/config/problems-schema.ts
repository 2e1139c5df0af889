// The part of a recipe that names problems: files, Hub data sets, generated families, own ones, or
// several of them.

import { z } from 'zod'
import type { OwnProblems } from '../data/own-problems.ts'

const limit = z
  .int()
  .min(1)
  .nullable()
  .default(null)
  .describe('Only the first problems; null for all.')

const namedSource = z.strictObject({
  from: z
    .string()
    .min(1)
    .describe('A path, `hub:OWNER/NAME[@REVISION]`, or `gym:FAMILY*WEIGHT,...`.'),
  limit,
  split: z.string().exactOptional().describe('Of a folder or a Hub data set.'),
  subset: z.string().exactOptional().describe('Of a Hub data set that has several.'),
  columns: z
    .strictObject({
      question: z
        .string()
        .exactOptional()
        .describe('Column of the question; a dotted name reaches into a record.'),
      answer: z.string().exactOptional().describe('Column of the reference answer.'),
      solution: z.string().exactOptional().describe('Column of the worked solution.'),
    })
    .exactOptional()
    .describe('Columns of a file; guessed for the usual data sets.'),
  size: z.int().min(1).exactOptional().describe('Of generated problems: how many.'),
  seed: z.int().min(0).exactOptional().describe('Of generated problems.'),
  difficulty: z.int().min(0).exactOptional().describe('Of generated problems: the level, from 0.'),
})

const ownSource = z.strictObject({
  own: z
    .custom<OwnProblems>(
      (value) => Array.isArray(value) || typeof value === 'function',
      'a list of { question, answer }, or a function that returns one',
    )
    .describe('Problems as values, or a function that makes them; for TypeScript recipes.'),
  name: z.string().min(1).default('own').describe('Their source, by which they are counted.'),
  limit,
})

export type SourceRecipe = z.output<typeof namedSource> | z.output<typeof ownSource>

export const sourcesSchema = z
  .array(z.union([namedSource, ownSource]))
  .min(1)
  .describe('Where problems come from.')
