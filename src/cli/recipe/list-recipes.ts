// The recipes that come with the package, each with its kind and its first sentence.

import { readFileSync } from 'node:fs'
import { loadRecipe, packageRecipes } from '../../config/load-recipe.ts'
import { recipeKindOf } from '../../config/recipe-kind.ts'
import { table } from '../table.ts'

export async function listRecipes({ json = false }: { readonly json?: boolean }): Promise<string> {
  const recipes = await Promise.all(
    packageRecipes().map(async ({ name, file }) => ({
      name,
      command: recipeKindOf(await loadRecipe(file)),
      description: firstSentence(readFileSync(file, 'utf8')),
      file,
    })),
  )
  if (json) return `${JSON.stringify(recipes, null, 2)}\n`
  const rows = recipes.map(({ name, command, description }) => [name, command, description])
  return table(rows, { head: ['recipe', 'for', ''] })
}

/** Of the comment that the file begins with; '' without one. */
function firstSentence(text: string): string {
  const lines = text.split('\n').filter((line) => !line.startsWith('# yaml-language-server'))
  const end = lines.findIndex((line) => !/^(\/\/|#)/.test(line))
  const comment = lines
    .slice(0, end)
    .map((line) => line.replace(/^(\/\/|#)\s*/, ''))
    .join(' ')
  return /^.*?[.:](?= |$)/.exec(comment)?.[0].replace(/:$/, '.') ?? comment
}
