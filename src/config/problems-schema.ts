// The part of a recipe that names problems: files, Hub data sets, generated families, or several.

import { z } from 'zod'

export const sourceSchema = z.strictObject({
  /** A path, `hub:OWNER/NAME[@REVISION]`, or `gym:FAMILY*WEIGHT,...`. */
  from: z.string().min(1),
  /** Only the first problems; null for all. */
  limit: z.int().min(1).nullable().default(null),
  split: z.string().exactOptional(),
  subset: z.string().exactOptional(),
  columns: z
    .strictObject({
      question: z.string().exactOptional(),
      answer: z.string().exactOptional(),
      solution: z.string().exactOptional(),
    })
    .exactOptional(),
  /** Of generated problems: how many, from which seed, at which level. */
  size: z.int().min(1).exactOptional(),
  seed: z.int().min(0).exactOptional(),
  difficulty: z.int().min(0).exactOptional(),
})

export type SourceRecipe = z.output<typeof sourceSchema>

export const sourcesSchema = z.array(sourceSchema).min(1)
