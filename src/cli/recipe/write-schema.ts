// The JSON Schema of a kind of recipes, as text or as a file.

import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { type RecipeKind, recipeSchema } from '../../config/recipe-kind.ts'

/** What goes to standard output: the schema, or the path of the file that was written. */
export function writeSchema({
  for: kind,
  output,
}: {
  readonly for: RecipeKind
  readonly output?: string
}): string {
  const text = `${JSON.stringify(recipeSchema(kind), null, 2)}\n`
  if (output === undefined) return text
  writeFileSync(output, text)
  return `${resolve(output)}\n`
}
