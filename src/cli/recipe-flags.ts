// Flags of every command that reads a recipe.

import type { Command } from 'commander'

/** Flags of the commands that run one. */
export function withRecipeFlags(command: Command): Command {
  return withSetFlag(command)
    .option('--run <folder>', "run folder; runs/ and the recipe's name by default")
    .option('--resume', 'go on exactly where the run stopped')
    .option('--json', 'print the result as JSON')
}

export function withSetFlag(command: Command): Command {
  return command
    .option(
      '--set <key=value>',
      'set a key of the recipe over what it says (repeat for several)',
      (assignment: string, earlier: readonly string[]) => [...earlier, assignment],
      [] as readonly string[],
    )
    .addHelpText(
      'after',
      '\nRECIPE is a .ts, .js or .yaml file, or the name of one that comes with the package.',
    )
}
