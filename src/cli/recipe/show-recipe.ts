// What a recipe amounts to: every value with where it came from.

import { loadRecipe } from '../../config/load-recipe.ts'
import { plainConfig } from '../../config/plain-config.ts'
import { type RecipeKind, recipeKindOf, resolveRecipe } from '../../config/recipe-kind.ts'
import { setLayer } from '../../config/set-layer.ts'
import { showConfig } from '../../config/show-config.ts'

export interface ShowOptions {
  readonly set: readonly string[]
  readonly for?: RecipeKind
  readonly json?: boolean
}

export async function showRecipe(name: string, options: ShowOptions): Promise<string> {
  const layers = [...(await loadRecipe(name)), ...options.set.map(setLayer)]
  const kind = options.for ?? recipeKindOf(layers)
  const { config, values } = resolveRecipe(kind, layers)
  if (!options.json) return `# retool-rl ${kind} ${name}\n${showConfig(values)}`
  const shown = { recipe: name, command: kind, config: plainConfig(config), values }
  return `${JSON.stringify(shown, null, 2)}\n`
}
