// The JSON Schema of a kind of recipes, as text or as a file.

import { readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { packageFile } from '../../base/package-root.ts'
import type { RecipeKind } from '../../config/recipe-kind.ts'

/** What goes to standard output: the schema, or the path of the file that was written. */
export function writeSchema({
  for: kind,
  output,
}: {
  readonly for: RecipeKind
  readonly output?: string
}): string {
  // Made beforehand: its descriptions are the comments of the sources, which a package lacks.
  const text = readFileSync(packageFile(`recipes/${kind}.schema.json`), 'utf8')
  if (output === undefined) return text
  writeFileSync(output, text)
  return `${resolve(output)}\n`
}
