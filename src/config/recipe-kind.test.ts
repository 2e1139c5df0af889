import { expect, test } from 'vitest'
import { z } from 'zod'
import { functionTool } from '../tool/function-tool.ts'
import { recipeLayer } from './layer.ts'
import { loadRecipe, packageRecipes } from './load-recipe.ts'
import { plainConfig } from './plain-config.ts'
import { recipeKindOf, recipeSchema, resolveRecipe } from './recipe-kind.ts'
import { resolveConfig } from './resolve-config.ts'
import { setLayer } from './set-layer.ts'
import { type TrainRecipeInput, trainRecipeSchema } from './train-recipe.ts'
import { trainRecipeRules } from './train-recipe-rules.ts'

const least: TrainRecipeInput = {
  steps: 1,
  model: { reference: 'm' },
  problems: [{ from: 'p.jsonl' }],
}

function resolve(recipe: TrainRecipeInput, ...assignments: string[]) {
  const layers = [recipeLayer('my.ts', { ...recipe }), ...assignments.map(setLayer)]
  return resolveConfig(trainRecipeSchema, layers, trainRecipeRules).config
}

test('every recipe of the package resolves as what it is', async () => {
  expect(packageRecipes().map(({ name }) => name)).toContain('tiny')
  for (const { file } of packageRecipes()) {
    const layers = await loadRecipe(file)
    expect(() => resolveRecipe(recipeKindOf(layers), layers), file).not.toThrow()
  }
})

test('a YAML recipe that builds on another needs none of the keys, others need what has no default', () => {
  expect(recipeSchema('train')).toMatchObject({
    additionalProperties: false,
    properties: { extends: { type: 'string' }, steps: { type: 'integer' } },
    anyOf: [{ required: ['extends'] }, { required: ['steps', 'model', 'problems'] }],
  })
  expect(recipeSchema('sft')).toMatchObject({ properties: { demonstrations: { type: 'string' } } })
})

test('own tools, problems, rewards and judge are used as they are, and written by their names', () => {
  const clock = functionTool({
    name: 'clock',
    description: 'The time.',
    input: z.object({}),
    run: () => '12:00',
  })
  const brevity = () => 1
  const config = resolve({
    ...least,
    tools: ['interpreter', clock],
    protocol: 'hermes',
    problems: [{ own: () => [{ question: 'q', answer: 'a' }], name: 'mine' }],
    reward: { own: { brevity: { weight: 0.5, value: brevity } } },
    judge: () => true,
  })
  expect(config.tools[1]).toBe(clock)
  expect(Object.isFrozen(clock)).toBe(false)
  expect(config.reward).toMatchObject({ kind: 'weighted', own: { brevity: { value: brevity } } })
  expect(plainConfig(config)).toMatchObject({
    tools: ['interpreter', { name: 'clock', call: 'function call' }],
    problems: [{ own: 'function own', name: 'mine' }],
    reward: { own: { brevity: { weight: 0.5, value: 'function brevity' } } },
  })
})

const refused: Readonly<Record<string, readonly [TrainRecipeInput, string[], RegExp]>> = {
  'own tools in the protocol that knows none': [
    {
      ...least,
      tools: [{ name: 'a', description: '', parameters: {}, call: async () => neverCalled() }],
    },
    [],
    /protocol: expected hermes, since the retool protocol knows the interpreter alone/,
  ],
  'a tool that is none': [
    { ...least },
    ['tools=[clock]'],
    /tools.0: expected "interpreter" or a tool, such as functionTool makes/,
  ],
  'no reward at all': [
    { ...least },
    ['reward.parts={}'],
    /reward: expected at least one reward part/,
  ],
  'critic settings without a critic': [{ ...least }, ['critic.passes=2'], /critic.passes: has no/],
  'a clip range that nothing reaches': [
    { ...least },
    ['update.loss.clipRange.high=0.3'],
    /update.loss.clipRange: has no effect, since all of a batch is behind one optimizer step/,
  ],
  'a clip range of plain policy gradients': [
    { ...least },
    ['update.loss={ kind: policyGradient, clipRange: { low: 0.1, high: 0.1 } }'],
    /update.loss.clipRange: unknown key; known are kind/,
  ],
  "the critic's clip range in one step": [
    { ...least, advantage: { kind: 'gae' } },
    ['critic.clipRange=0.2'],
    /critic.clipRange: has no effect/,
  ],
  "a correction of the sampler's own log-probs": [
    { ...least },
    ['update.oldLogprobs=rollout', 'update.correction={ kind: truncated, level: token, cap: 2 }'],
    /update.correction: has no effect/,
  ],
  'an interpreter that is not there': [
    { ...least },
    ['tools=[]', 'interpreter.timeoutMs=10'],
    /interpreter.timeoutMs: has no effect, since tools has no interpreter/,
  ],
  'limits of calls that are never made': [
    { ...least },
    ['rollout.limits={ toolCalls: 0, outputTokens: 3 }'],
    /rollout.limits.outputTokens: has no effect/,
  ],
  'the best checkpoint without evaluation': [
    { ...least },
    ['checkpoints.best=true'],
    /checkpoints.best: has no effect/,
  ],
}
for (const [name, [recipe, assignments, message]] of Object.entries(refused)) {
  test(`refused: ${name}`, () => {
    expect(() => resolve(recipe, ...assignments)).toThrow(message)
  })
}

function neverCalled(): never {
  throw new Error('not called here')
}

test('a clip range counts where ratios move', () => {
  const config = resolve(least, 'update.loss.clipRange.low=0.1', 'update.passes=2')
  expect(config.update.loss).toMatchObject({ kind: 'clipped', clipRange: { low: 0.1, high: 0.28 } })
})
