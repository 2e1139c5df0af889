// `retool-rl recipe`: which recipes there are, what one amounts to, and the schema for editors.

import { type Command, Option } from 'commander'
import type { RecipeKind } from '../config/recipe-kind.ts'
import { withExamples } from './example.ts'
import { withSetFlag } from './recipe-flags.ts'

/** Of `recipeKinds`, which would load all schemas here. */
const kinds: readonly RecipeKind[] = ['train', 'sft']

/** Adds `recipe` with its subcommands. */
export function addRecipeCommand(program: Command): void {
  const recipe = program
    .command('recipe')
    .description('list recipes, show what one amounts to, write the JSON Schema for editors')
  addList(recipe)
  addShow(recipe)
  addSchema(recipe)
  withExamples(recipe, 'retool-rl recipe', 'retool-rl recipe show tiny')
}

function addList(recipe: Command): void {
  const command = recipe
    .command('list', { isDefault: true })
    .description('the recipes that come with the package')
    .option('--json', 'print JSON')
    .action(async (flags: { readonly json?: true }) => {
      const { listRecipes } = await import('./recipe/list-recipes.ts')
      process.stdout.write(await listRecipes(flags))
    })
  withExamples(command, 'retool-rl recipe list')
}

function addShow(recipe: Command): void {
  const command = recipe
    .command('show <recipe>')
    .description('the full configuration, and where each of its values came from')
    .addOption(kindOption('the command that it is for; by default told by its keys'))
    .option('--json', 'print JSON')
    .action(async (name: string, flags: ShowFlags) => {
      const { showRecipe } = await import('./recipe/show-recipe.ts')
      process.stdout.write(await showRecipe(name, flags))
    })
  withSetFlag(command)
  withExamples(
    command,
    'retool-rl recipe show tiny',
    'retool-rl recipe show my-recipe.yaml --set learner.learningRate=1e-5 --json',
  )
}

interface ShowFlags {
  readonly set: readonly string[]
  readonly for?: RecipeKind
  readonly json?: true
}

function addSchema(recipe: Command): void {
  const command = recipe
    .command('schema')
    .description('the JSON Schema by which editors complete and check YAML recipes')
    .addOption(kindOption('the command whose recipes it describes').default('train'))
    .option('--output <file>', 'write it there in place of standard output')
    .addHelpText(
      'after',
      `
A recipe names its schema in its first line:
  # yaml-language-server: $schema=./train.schema.json`,
    )
    .action(async (flags: { readonly for: RecipeKind; readonly output?: string }) => {
      const { writeSchema } = await import('./recipe/write-schema.ts')
      process.stdout.write(writeSchema(flags))
    })
  withExamples(command, 'retool-rl recipe schema --for train --output train.schema.json')
}

function kindOption(description: string): Option {
  return new Option('--for <command>', description).choices(kinds)
}
