// `retool-rl sft`: supervised fine-tuning on demonstrations, tool output masked.

import type { Command } from 'commander'
import { withExamples } from './example.ts'
import { withRecipeFlags } from './recipe-flags.ts'
import type { RecipeFlags } from './train/recipe-run.ts'

export function addSft(program: Command): void {
  const command = program
    .command('sft <recipe>')
    .description('supervised fine-tuning on demonstrations, from a recipe')
    .action(async (recipe: string, flags: RecipeFlags) => {
      const { runSft } = await import('./train/run-sft.ts')
      await runSft(recipe, flags)
    })
  withRecipeFlags(command)
  withExamples(
    command,
    'retool-rl sft tiny-sft --set demonstrations=gsm8k.jsonl',
    'retool-rl sft my-sft.yaml --run runs/cold --resume',
  )
}
