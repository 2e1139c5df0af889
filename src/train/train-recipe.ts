// A whole run of reinforcement learning from its recipe.

import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { advantageEstimator, criticEstimator } from '../advantage/advantage-estimator.ts'
import type { TrainRecipe } from '../config/train-recipe.ts'
import type { Problem } from '../data/problem.ts'
import type { ProblemSource } from '../data/problem-source.ts'
import type { AttemptReader } from '../reward/attempt.ts'
import { answerJudge } from '../reward/judge.ts'
import { openGrader } from '../reward/open-grader.ts'
import { judgeBy } from '../reward/own-judge.ts'
import { rewarder } from '../reward/rewarder.ts'
import type { RolloutOptions } from '../rollout/options.ts'
import type { RunFolder } from '../run/folder.ts'
import type { Tool } from '../tool/tool.ts'
import type { SavedCheckpoint } from './checkpoint.ts'
import { evaluatePolicy } from './evaluate-policy.ts'
import type { PolicyStage, PolicyStep } from './policy-step.ts'
import { type Feed, ProblemFeed } from './problem-feed.ts'
import {
  learnerOptions,
  loraStart,
  optimizerSteps,
  rewardStage,
  updateOptions,
} from './recipe-options.ts'
import { openRecipeTools, recipeProtocol } from './recipe-tools.ts'
import { type ReinforcementResult, reinforce } from './rl.ts'
import { saveTrained } from './save-trained.ts'
import { StreamFeed } from './stream-feed.ts'
import { openTrainingModel, type TrainingModel } from './training-model.ts'

export interface RecipeProblems {
  /** A source where there are more than memory should hold. */
  readonly train: readonly Problem[] | ProblemSource
  readonly evaluation: readonly Problem[]
}

export interface TrainRecipeOptions {
  readonly recipe: TrainRecipe
  readonly problems: RecipeProblems
  readonly run: RunFolder
  readonly from: SavedCheckpoint | null
  /** Digest of the recipe. */
  readonly config: string
  readonly signal: AbortSignal
  readonly onStep: (done: PolicyStep) => void
}

export interface TrainRecipeResult extends ReinforcementResult {
  /** Where the trained model lies. */
  readonly model: string
}

/** Opens what the recipe names, trains, and writes the model into the run folder. */
export async function trainRecipe(options: TrainRecipeOptions): Promise<TrainRecipeResult> {
  const { recipe, run, from, config, signal, onStep } = options
  await using opened = await openRecipeTools(recipe)
  const grader = openGrader(Math.min(4, availableParallelism()))
  try {
    using model = await openRecipeModel(recipe, opened.tools)
    const reader: AttemptReader = {
      decode: (tokens) => model.tokenizer.decode(tokens),
      judge: recipe.judge ? judgeBy(recipe.judge) : answerJudge({ grader, seconds: 10 }),
    }
    const { steps, checkpoints, evaluation } = recipe
    const { curriculum } = rewardStage(recipe.reward)
    const result = await reinforce({
      run,
      stage: policyStage(options, model, reader),
      tokenizer: model.tokenizer,
      plan: {
        steps,
        evaluateEvery: evaluation?.every ?? steps,
        patience: evaluation?.patience ?? null,
        checkpointEvery: checkpoints.every,
        keep: { newest: checkpoints.newest, best: checkpoints.best },
      },
      config,
      curriculum,
      klCoefficient: recipe.update.klPenalty?.coefficient ?? null,
      from,
      evaluate: evaluator(options, model, reader),
      signal,
      onStep,
    })
    const folder = join(run.path, 'model')
    saveTrained(folder, model, recipe.model.dtype)
    return { ...result, model: folder }
  } finally {
    await grader.close()
  }
}

async function openRecipeModel(
  recipe: TrainRecipe,
  tools: readonly Tool[],
): Promise<TrainingModel> {
  const { model, learner, update, critic, engine, seed } = recipe
  const { reference, dtype, template } = model
  const { learningRate, miniBatchSize, passes } = critic
  const criticLearner = { ...learner, learningRate }
  return await openTrainingModel(reference, {
    ...(template !== undefined && { model: { template } }),
    learner: learnerOptions(learner, optimizerSteps(recipe, update)),
    engine,
    dtype,
    tools,
    protocol: recipeProtocol(recipe.protocol),
    ...loraStart(learner, seed),
    withReference: update.klLoss !== null || update.klPenalty !== null,
    ...(recipe.advantage.kind === 'gae' && {
      critic: learnerOptions(criticLearner, optimizerSteps(recipe, { passes, miniBatchSize })),
    }),
  })
}

function policyStage(
  { recipe, problems, signal }: TrainRecipeOptions,
  model: TrainingModel,
  reader: AttemptReader,
): PolicyStage {
  const { advantage, maskTruncated, rollout, seed, update, critic } = recipe
  const { kind } = advantage
  const { warmUpSteps, passes, miniBatchSize, clipRange } = critic
  const penalty = update.klPenalty
  return {
    learner: model.learner,
    engine: model.engine,
    feed: feedOf(problems.train, seed),
    rollout: { ...rolloutOptions(recipe, model, signal), groupSize: rollout.groupSize },
    reward: rewarder(rewardStage(recipe.reward).parts, reader),
    advantage: advantageEstimator(kind === 'gae' ? { kind: 'grpo' } : advantage, { maskTruncated }),
    ...(kind === 'gae' &&
      model.critic && {
        critic: {
          critic: model.critic,
          advantage: criticEstimator(advantage, { maskTruncated }),
          update: { passes, miniBatchSize, clipRange },
          warmUpSteps,
        },
      }),
    ...(penalty && {
      klPenalty: { estimator: penalty.estimator, coefficient: penalty.coefficient.value },
    }),
    update: updateOptions(recipe),
    problemsPerStep: rollout.problemsPerStep,
    drawLimit: rollout.drawLimit,
    repeatable: rollout.repeatable,
    staleness: rollout.staleness,
    seed,
  }
}

/** Problems in the order in which a run takes them. */
export function feedOf(problems: RecipeProblems['train'], seed: number): Feed {
  return 'rows' in problems ? new StreamFeed(problems, { seed }) : new ProblemFeed(problems, seed)
}

function rolloutOptions(
  { rollout, seed }: TrainRecipe,
  model: TrainingModel,
  signal: AbortSignal,
): Omit<RolloutOptions, 'name' | 'groupSize'> {
  const { temperature, topP, topK, minP, limits, onMalformed, concurrency } = rollout
  return {
    ...model.spelling,
    policy: model.engine,
    sampling: { temperature, topP, topK, minP },
    stopTokens: model.stopTokens,
    limits,
    onMalformed,
    concurrency,
    seed,
    signal,
  }
}

function evaluator(
  { recipe, problems, run, signal }: TrainRecipeOptions,
  model: TrainingModel,
  reader: AttemptReader,
): ((step: number) => Promise<number>) | null {
  const { evaluation, rollout } = recipe
  if (!evaluation) return null
  const { temperature, topP, topK, minP, attempts } = evaluation
  const sampling = { temperature, topP, topK, minP }
  const { engine, learner, tokenizer } = model
  const options = { ...rolloutOptions(recipe, model, signal), sampling, groupSize: attempts }
  return async (step) => {
    // As in a step: an empty cache, whatever was written before.
    engine.replaceWeights(learner.decoder, engine.version)
    const { report } = await evaluatePolicy(
      {
        name: 'held-out',
        problems: problems.evaluation,
        rollout: options,
        repeatable: rollout.repeatable,
        reader,
        run,
        tokenizer,
      },
      step,
    )
    return report.all.average.mean
  }
}
