// The action of `retool-rl sft`.

import { sftRecipeRules, sftRecipeSchema } from '../../config/sft-recipe.ts'
import { fineTune } from '../../train/sft.ts'
import { Interrupt } from '../interrupt.ts'
import { createProgress, type Progress } from '../progress.ts'
import { inRun, openRun, type RecipeFlags, readRecipe, resumeCommand } from './recipe-run.ts'

export async function runSft(name: string, flags: RecipeFlags): Promise<void> {
  const recipe = await readRecipe(name, sftRecipeSchema, flags, sftRecipeRules)
  using interrupt = new Interrupt('saving and ending; Ctrl-C again ends at once')
  const opened = openRun(name, flags, { command: 'sft', config: recipe, totalSteps: null })
  using run = opened.run
  const goOn = resumeCommand('sft', name, run, flags)
  let progress: Progress | undefined
  const result = await inRun(run, { signal: interrupt.signal, goOn }, async () => {
    try {
      return await fineTune({
        ...opened,
        recipe,
        signal: interrupt.signal,
        onStep: ({ step, loss }, total) => {
          progress ??= createProgress({ title: 'sft', total, before: step })
          progress.update(step, `loss ${loss.toFixed(3)}`)
        },
      })
    } finally {
      progress?.finish()
    }
  })
  if (!result) return
  const { steps, demonstrations, best, model } = result
  if (flags.json) process.stdout.write(`${JSON.stringify({ run: run.path, ...result })}\n`)
  else {
    const loss = best
      ? `; lowest held-out loss ${best.loss.toFixed(3)} after step ${best.step}`
      : ''
    process.stdout.write(
      `${steps} steps on ${demonstrations} demonstrations${loss}\nmodel: ${model}\n`,
    )
    process.stderr.write(`look at it: retool-rl view ${run.path}\n`)
  }
}
