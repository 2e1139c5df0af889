// `retool-rl train --dry-run`: what a run would do and need, without loading a weight.

import { machineMemory } from '../../base/machine-memory.ts'
import type { TrainRecipe } from '../../config/train-recipe.ts'
import type { ModelConfig } from '../../model/config.ts'
import { expectedWeights } from '../../model/weights.ts'
import type { ModelSource } from '../../pretrained/model-source.ts'
import { openPretrained } from '../../pretrained/pretrained.ts'
import { keptShare } from '../../tensor/native.ts'
import { chatTemplateOf, namedTemplate } from '../../tokenizer/chat-template.ts'
import { modelTemplate } from '../../tokenizer/model-template.ts'
import type { Tokenizer } from '../../tokenizer/tokenizer.ts'
import { firstContext } from '../../tool/first-context.ts'
import { interpreterWords } from '../../train/interpreter-words.ts'
import {
  checkpointBytes,
  inAll,
  type MemoryPart,
  recipeSize,
  trainingMemory,
} from '../../train/memory-estimate.ts'
import { optimizerSteps } from '../../train/recipe-options.ts'
import { recipeProtocol } from '../../train/recipe-tools.ts'
import { feedOf, type RecipeProblems } from '../../train/train-recipe.ts'
import { responseMask } from '../../trajectory/mask.ts'

const shownPrompts = 2

export async function dryRun(recipe: TrainRecipe, problems: RecipeProblems): Promise<string> {
  const { lora } = recipe.learner
  const adapter = lora && 'from' in lora ? { adapter: lora.from } : {}
  const source = await openPretrained(recipe.model.reference, adapter)
  const { train, evaluation } = problems
  const count = 'rows' in train ? 'a stream of problems' : `${train.length}`
  return [
    `model     ${source.name}: ${millions(parameterCount(source.config))} parameters, ${recipe.model.dtype}`,
    `problems  ${count} to train on, ${evaluation.length} to be judged by`,
    ...plan(recipe, source),
    '',
    'memory',
    memoryTable(trainingMemory(source, recipeSize(recipe))),
    '',
    'first prompts',
    ...(await firstPrompts(recipe, problems, source.tokenizer)),
  ].join('\n')
}

function plan(recipe: TrainRecipe, source: ModelSource): string[] {
  const { steps, rollout, update, learner, evaluation, checkpoints } = recipe
  const { problemsPerStep, groupSize, drawLimit, limits, staleness } = rollout
  const batch = problemsPerStep * groupSize
  const draws = drawLimit > 1 ? `, drawn up to ${drawLimit} times for groups with spread` : ''
  const judged = evaluation ? `every ${evaluation.every} steps` : 'never'
  return [
    `steps     ${steps}, each ${problemsPerStep} problems x ${groupSize} = ${batch} trajectories${draws}`,
    `          ${update.miniBatchSize ?? batch} behind an optimizer step: ${optimizerSteps(recipe, update)} of these in all, in ${update.passes} passes`,
    `          at most ${learner.microBatchTokens} tokens in a micro-batch, ${limits.trajectoryTokens} in a trajectory`,
    ...(staleness > 0 ? ['          each rolled out before the one before it is learnt'] : []),
    `judged    ${judged}`,
    `kept      a checkpoint of ${gigabytes(checkpointBytes(source, recipeSize(recipe)))} every ${checkpoints.every} steps, the newest ${checkpoints.newest}${checkpoints.best ? ' and the best' : ''}`,
  ]
}

/** Nothing of a prompt is trained on; what the policy will write after it is. */
async function firstPrompts(
  { model, protocol, tools, seed }: TrainRecipe,
  { train }: RecipeProblems,
  tokenizer: Tokenizer,
): Promise<string[]> {
  const template = modelTemplate(
    tokenizer,
    model.template === undefined ? chatTemplateOf(tokenizer) : namedTemplate(model.template),
  )
  const options = {
    codec: tokenizer,
    template,
    protocol: recipeProtocol(protocol)(template),
    tools: tools.map((tool) => (tool === 'interpreter' ? interpreterWords : tool)),
  }
  const problems = await feedOf(train, seed).take(shownPrompts)
  return await Promise.all(
    problems.map(async ({ question }) => {
      const tokens = await firstContext(question, options)
      const mask = responseMask([{ author: 'context', tokens }])
      const trained = mask.reduce((sum, one) => sum + one, 0)
      return [
        `${tokens.length} tokens, ${trained} of them trained on (mask 0 x ${tokens.length - trained}); what the policy writes next has mask 1`,
        `  ${tokenizer.decode(tokens).replaceAll('\n', '\n  ')}`,
        '',
      ].join('\n')
    }),
  )
}

function memoryTable(parts: readonly MemoryPart[]): string {
  const bytes = machineMemory()
  const all = [...parts, { name: 'kept when freed, at most', bytes: keptShare * bytes }]
  const total = { name: 'in all', bytes: inAll(all) }
  return [...all, total, { name: 'this machine has', bytes }]
    .map(({ name, bytes }) => `  ${name.padEnd(24)} ${gigabytes(bytes).padStart(10)}`)
    .join('\n')
}

function parameterCount(config: ModelConfig): number {
  return [...expectedWeights(config).values()].reduce(
    (sum, shape) => sum + shape.reduce((product, size) => product * size, 1),
    0,
  )
}

function gigabytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(2)} GiB`
}

function millions(count: number): string {
  return `${(count / 1e6).toFixed(1)} million`
}
