// `retool-rl train --dry-run`: what a run would do and need, without loading a weight.

import type { TrainRecipe } from '../../config/train-recipe.ts'
import { expectedWeights } from '../../model/weights.ts'
import { openPretrained } from '../../pretrained/pretrained.ts'
import { chatTemplateOf, namedTemplate } from '../../tokenizer/chat-template.ts'
import { modelTemplate } from '../../tokenizer/model-template.ts'
import { firstContext } from '../../tool/first-context.ts'
import { interpreterWords } from '../../train/interpreter-words.ts'
import { type MemoryPart, trainingMemory } from '../../train/memory-estimate.ts'
import { optimizerSteps } from '../../train/recipe-options.ts'
import { recipeProtocol } from '../../train/recipe-tools.ts'
import { feedOf, type RecipeProblems } from '../../train/train-recipe.ts'

const shownPrompts = 2

export async function dryRun(recipe: TrainRecipe, problems: RecipeProblems): Promise<string> {
  const { model, learner, rollout, update, seed } = recipe
  const { lora } = learner
  const adapter = lora && 'from' in lora ? { adapter: lora.from } : {}
  const source = await openPretrained(model.reference, adapter)
  const { config, tokenizer } = source
  const template = modelTemplate(
    tokenizer,
    model.template === undefined ? chatTemplateOf(tokenizer) : namedTemplate(model.template),
  )
  const feed = feedOf(problems.train, seed)
  const firsts = await feed.take(shownPrompts)
  const { train } = problems
  const count = 'rows' in train ? 'a stream of problems' : `${train.length}`
  const batch = rollout.problemsPerStep * rollout.groupSize
  const parameters = [...expectedWeights(config).values()].reduce(
    (sum, shape) => sum + shape.reduce((product, size) => product * size, 1),
    0,
  )
  const prompts = await Promise.all(
    firsts.map(async ({ question }) => {
      const options = {
        codec: tokenizer,
        template,
        protocol: recipeProtocol(recipe.protocol)(template),
        tools: recipe.tools.map((tool) => (tool === 'interpreter' ? interpreterWords : tool)),
      }
      const tokens = await firstContext(question, options)
      const text = tokenizer.decode(tokens)
      return `${tokens.length} tokens, mask 0 for each of them, then 1 for what the policy writes:\n${text}\n`
    }),
  )
  return [
    `model     ${source.name}: ${millions(parameters)} parameters, ${recipe.model.dtype}`,
    `problems  ${count} to train on, ${problems.evaluation.length} to be judged by`,
    `steps     ${recipe.steps}, each ${rollout.problemsPerStep} problems x ${rollout.groupSize} = ${batch} trajectories`,
    `          ${update.miniBatchSize ?? batch} behind an optimizer step: ${optimizerSteps(recipe, update)} of these in all`,
    '',
    'memory',
    memoryTable(trainingMemory(source, recipe)),
    '',
    'first prompts',
    ...prompts,
  ].join('\n')
}

function memoryTable(parts: readonly MemoryPart[]): string {
  const total = { name: 'in all', bytes: parts.reduce((sum, { bytes }) => sum + bytes, 0) }
  return [...parts, total]
    .map(({ name, bytes }) => `  ${name.padEnd(24)} ${gigabytes(bytes).padStart(10)}`)
    .join('\n')
}

function gigabytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(2)} GiB`
}

function millions(count: number): string {
  return `${(count / 1e6).toFixed(1)} million`
}
