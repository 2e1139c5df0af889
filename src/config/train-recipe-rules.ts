// What somebody may set in a train recipe although it counts for nothing.

import type { NoEffectRule } from './no-effect.ts'
import type { TrainRecipe } from './train-recipe.ts'

type Rule = NoEffectRule<TrainRecipe>

function rules(
  paths: readonly string[],
  ineffective: Rule['ineffective'],
  because: string,
): readonly Rule[] {
  return paths.map((path) => ({ path: path.split('.'), ineffective, because }))
}

/** Whether all of a batch is behind one optimizer step. */
function takesOneStep(
  { rollout }: TrainRecipe,
  { passes, miniBatchSize }: { readonly passes: number; readonly miniBatchSize: number | null },
): boolean {
  const batch = rollout.problemsPerStep * rollout.groupSize
  return passes === 1 && (miniBatchSize === null || miniBatchSize >= batch)
}

export const trainRecipeRules: readonly Rule[] = [
  ...rules(
    ['learningRate', 'passes', 'miniBatchSize', 'clipRange', 'warmUpSteps'].map(
      (key) => `critic.${key}`,
    ),
    ({ advantage }) => advantage.kind !== 'gae',
    'only the advantage gae has a critic',
  ),
  ...rules(
    ['critic.clipRange'],
    (recipe) => takesOneStep(recipe, recipe.critic),
    'the critic takes one optimizer step per batch: its values are the old ones',
  ),
  ...rules(
    ['update.loss.clipRange', 'update.loss.dualClip'],
    (recipe) => takesOneStep(recipe, recipe.update) && recipe.update.oldLogprobs === 'recomputed',
    'all of a batch is behind one optimizer step (update.passes, update.miniBatchSize): its ratios are 1',
  ),
  ...rules(
    ['update.correction'],
    ({ update }) => update.correction.kind !== 'none' && update.oldLogprobs === 'rollout',
    'update.oldLogprobs is rollout: ratios are to the sampler already',
  ),
  ...rules(
    ['update.klLoss.straight'],
    ({ update }) => update.klLoss?.estimator === 'k2',
    "k2's gradient is taken already",
  ),
  ...rules(
    ['interpreter.mode', 'interpreter.timeoutMs'],
    ({ tools }) => !tools.includes('interpreter'),
    'tools has no interpreter',
  ),
  ...rules(
    ['outputTokens', 'toolTokens', 'toolCalls'].map((key) => `rollout.limits.${key}`),
    ({ tools }) => tools.length === 0,
    'tools is empty: nothing is called',
  ),
  ...rules(
    ['interpreter.mode', 'interpreter.timeoutMs'].concat(
      ['outputTokens', 'toolTokens'].map((key) => `rollout.limits.${key}`),
    ),
    ({ rollout }) => rollout.limits.toolCalls === 0,
    'rollout.limits.toolCalls is 0: nothing is run',
  ),
  ...rules(
    ['topP', 'topK', 'minP'].map((key) => `evaluation.${key}`),
    ({ evaluation }) => evaluation?.temperature === 0,
    'evaluation.temperature is 0, which always takes the most probable token',
  ),
  ...rules(
    ['evaluation.attempts'],
    ({ evaluation }) => evaluation?.temperature === 0 && evaluation.attempts > 1,
    'evaluation.temperature is 0: all attempts are the same',
  ),
  ...rules(
    ['checkpoints.best'],
    ({ evaluation }) => evaluation === null,
    'without evaluation none is best',
  ),
]
