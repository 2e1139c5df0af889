// The action of `retool-rl train`.

import { setMaxListeners } from 'node:events'
import { plainConfig } from '../../config/plain-config.ts'
import { type TrainRecipe, trainRecipeSchema } from '../../config/train-recipe.ts'
import { trainRecipeRules } from '../../config/train-recipe-rules.ts'
import { sourceServices } from '../../data/source-services.ts'
import { openProblemList, openProblems } from '../../train/open-problems.ts'
import { type RecipeProblems, trainRecipe } from '../../train/train-recipe.ts'
import { Interrupt } from '../interrupt.ts'
import { createProgress } from '../progress.ts'
import { dryRun } from './dry-run.ts'
import { inRun, openRun, type RecipeFlags, readRecipe, resumeCommand } from './recipe-run.ts'

export interface TrainFlags extends RecipeFlags {
  readonly dryRun?: true
}

export async function runTrain(name: string, flags: TrainFlags): Promise<void> {
  const recipe = await readRecipe(name, trainRecipeSchema, flags, trainRecipeRules)
  if (flags.dryRun) {
    process.stdout.write(await dryRun(recipe, await problemsOf(recipe)))
    return
  }
  using interrupt = new Interrupt('saving and ending; Ctrl-C again ends at once')
  setMaxListeners(0, interrupt.signal)
  const problems = await problemsOf(recipe)
  const start = { command: 'train', config: plainConfig(recipe), totalSteps: recipe.steps }
  const opened = openRun(name, flags, start)
  using run = opened.run
  const goOn = resumeCommand('train', name, run, flags)
  const result = await inRun(run, { signal: interrupt.signal, goOn }, async () => {
    const before = opened.from?.step ?? 0
    using progress = createProgress({ title: 'train', total: recipe.steps, before })
    return await trainRecipe({
      ...opened,
      recipe,
      problems,
      signal: interrupt.signal,
      onStep: ({ step, groups, advantages }) => {
        const members = groups.flatMap((group) => group.members)
        const right = members.filter(({ reward }) => reward.correct).length
        const { groupsWithSpread } = advantages
        const share = Math.round((100 * right) / Math.max(1, members.length))
        progress.update(
          step,
          `${share} % right, ${groupsWithSpread} of ${groups.length} groups teach`,
        )
      },
    })
  })
  if (!result) return
  const { steps, ended, best, model } = result
  if (flags.json) process.stdout.write(`${JSON.stringify({ run: run.path, ...result })}\n`)
  else {
    const why = ended === 'allSteps' ? '' : ', since evaluations no longer improved'
    const accuracy = best ? `; best accuracy ${best.value.toFixed(3)} after step ${best.step}` : ''
    process.stdout.write(`${steps} steps${why}${accuracy}\nmodel: ${model}\n`)
    process.stderr.write(`look at it: retool-rl view ${run.path}\n`)
  }
}

/** Problems to train on and to judge by; what is left out is said on standard error. */
async function problemsOf(recipe: TrainRecipe): Promise<RecipeProblems> {
  await using services = sourceServices()
  const tell = (message: string) => process.stderr.write(`${message}\n`)
  const held = recipe.evaluation?.problems
  const evaluation = held ? await openProblemList(held, services, tell) : []
  const train = await openProblems(recipe.problems, services, evaluation, tell)
  return { train, evaluation }
}
