// The part of a recipe that names problems: files, Hub data sets, generated families, own ones, or
// several of them.

import { z } from 'zod'
import type { OwnProblems } from '../data/own-problems.ts'

const namedSource = z.strictObject({
  /** A path, `hub:OWNER/NAME[@REVISION]`, or `gym:FAMILY*WEIGHT,...`. */
  from: z.string().min(1),
  /** Only the first problems; null for all. */
  limit: z.int().min(1).nullable().default(null),
  /** Of a folder or Hub data set; `train` if there is one. */
  split: z.string().exactOptional(),
  /** Of a Hub data set that has several: the folder. */
  subset: z.string().exactOptional(),
  columns: z
    .strictObject({
      /** Column of the question; a dotted name reaches into a record. */
      question: z.string().exactOptional(),
      /** Column of the reference answer. */
      answer: z.string().exactOptional(),
      /** Column of the worked solution. */
      solution: z.string().exactOptional(),
    })
    .exactOptional(),
  /** Of generated problems (`gym:`): how many; 1000 if left out. */
  size: z.int().min(1).exactOptional(),
  /** Of generated problems: another seed gives others; 0 if left out. */
  seed: z.int().min(0).exactOptional(),
  /** Of generated problems: level of the families, from 0. */
  difficulty: z.int().min(0).exactOptional(),
})

const ownSource = z.strictObject({
  /** For TypeScript recipes: problems as values, or a function that makes them. */
  own: z.custom<OwnProblems>(
    (value) => Array.isArray(value) || typeof value === 'function',
    'a list of { question, answer }, or a function that returns one',
  ),
  /** The source that they are counted under. */
  name: z.string().min(1).default('own'),
  limit: z.int().min(1).nullable().default(null),
})

export type SourceRecipe = z.output<typeof namedSource> | z.output<typeof ownSource>

export const sourcesSchema = z.array(z.union([namedSource, ownSource])).min(1)
