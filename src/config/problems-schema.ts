// The part of a recipe that names problems: files, Hub data sets, generated families, or several.

import { z } from 'zod'

export const sourceSchema = z.strictObject({
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

export type SourceRecipe = z.output<typeof sourceSchema>

export const sourcesSchema = z.array(sourceSchema).min(1)
