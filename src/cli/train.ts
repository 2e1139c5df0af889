// `retool-rl train`: reinforcement learning from a recipe.

import type { Command } from 'commander'
import { withExamples } from './example.ts'
import { withRecipeFlags } from './recipe-flags.ts'
import type { TrainFlags } from './train/run-train.ts'

export function addTrain(program: Command): void {
  const command = program
    .command('train <recipe>')
    .description('reinforcement learning with tools, from a recipe')
    .option('--dry-run', 'print what would happen: memory, batches, first prompts')
    .action(async (recipe: string, flags: TrainFlags) => {
      const { runTrain } = await import('./train/run-train.ts')
      await runTrain(recipe, flags)
    })
  withRecipeFlags(command)
  withExamples(
    command,
    'retool-rl train tiny --set learner.learningRate=1e-5',
    'retool-rl train my-recipe.yaml --run runs/mine --resume',
  )
}
