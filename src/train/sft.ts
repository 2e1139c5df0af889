// Supervised fine-tuning from its recipe: demonstrations in, a model that imitates them out.

import { join } from 'node:path'
import { UserError } from '../base/errors.ts'
import { RandomStream } from '../base/random.ts'
import { encodeDemonstration } from '../cold-start/encode-demonstration.ts'
import { readDemonstrations } from '../cold-start/read-demonstrations.ts'
import type { SftRecipe } from '../config/sft-recipe.ts'
import type { RunFolder } from '../run/folder.ts'
import type { FirstContextOptions } from '../tool/first-context.ts'
import { type TrainingSequence, trainingSequence } from '../update/batch.ts'
import { bestCheckpoint, type SavedCheckpoint, saveCheckpoint } from './checkpoint.ts'
import { type ImitationStep, imitate, imitationStepCount } from './imitate.ts'
import { interpreterWords } from './interpreter-words.ts'
import { learnerOptions, loraStart } from './recipe-options.ts'
import { saveTrained } from './save-trained.ts'
import { openTrainingModel, type TrainingModel } from './training-model.ts'

export interface FineTuning {
  readonly recipe: SftRecipe
  readonly run: RunFolder
  readonly from: SavedCheckpoint | null
  /** Digest of the recipe. */
  readonly config: string
  readonly signal: AbortSignal
  readonly onStep: (step: ImitationStep, total: number) => void
}

export interface FineTuningResult {
  readonly steps: number
  readonly demonstrations: number
  /** The lowest loss on held-out demonstrations, and its step; null where none were held out. */
  readonly best: { readonly step: number; readonly loss: number } | null
  /** Where the trained model lies. */
  readonly model: string
}

/** Trains for the recipe's epochs and writes the model of the lowest held-out loss. */
export async function fineTune(training: FineTuning): Promise<FineTuningResult> {
  const { recipe, run, config, from } = training
  using model = await openModelOf(recipe)
  const { train, heldOut } = await sequencesOf(recipe, model.spelling)
  const plan = { epochs: recipe.epochs, miniBatchSize: recipe.miniBatchSize, seed: recipe.seed }
  const total = imitationStepCount(train.length, plan)
  model.learner.beginStage(learnerOptions(recipe.learner, total))
  from?.restore('learner', model.learner)
  const place = { run, tokenizer: model.tokenizer, from: from?.step ?? 0 }
  for (const step of imitate(model.learner, train, plan, place)) {
    const isLast = step.step === total
    const isDue = isLast || step.step % recipe.evaluateEvery === 0
    const loss = isDue && heldOut.length > 0 ? model.learner.imitationLoss(heldOut) : null
    record(training, step, loss)
    if (isLast || loss !== null || step.step % recipe.checkpoints.every === 0) {
      save(training, model, step.step, loss)
    }
    training.onStep(step, total)
    await new Promise((resolve) => setImmediate(resolve))
    if (training.signal.aborted && !isLast) {
      save(training, model, step.step, null)
      training.signal.throwIfAborted()
    }
  }
  const best = recipe.checkpoints.best ? bestCheckpoint(run.checkpoints, config) : null
  if (best && best.step !== total) best.restore('learner', model.learner)
  const folder = join(run.path, 'model')
  saveTrained(folder, model, recipe.model.dtype)
  return {
    steps: total,
    demonstrations: train.length,
    best: best && best.value !== null ? { step: best.step, loss: -best.value } : null,
    model: folder,
  }
}

async function openModelOf({ model, learner, seed, tools }: SftRecipe): Promise<TrainingModel> {
  const { reference, dtype, template } = model
  return await openTrainingModel(reference, {
    ...(template !== undefined && { model: { template } }),
    learner: learnerOptions(learner, 1),
    engine: { cacheTokens: 256, maxBatch: 1 },
    dtype,
    tools: tools.map(() => interpreterWords),
    ...loraStart(learner, seed),
  })
}

async function sequencesOf(
  { demonstrations, heldOut, seed }: SftRecipe,
  spelling: FirstContextOptions,
): Promise<Record<'train' | 'heldOut', readonly TrainingSequence[]>> {
  const sequences: TrainingSequence[] = []
  for await (const one of readDemonstrations(demonstrations)) {
    sequences.push(trainingSequence(await encodeDemonstration(one, spelling)))
  }
  const shuffled = RandomStream.named(seed, 'held-out').shuffled(sequences)
  const count = Math.floor(heldOut * shuffled.length)
  if (shuffled.length - count === 0) throw new UserError(`${demonstrations}: no demonstrations`)
  return { heldOut: shuffled.slice(0, count), train: shuffled.slice(count) }
}

function record({ run }: FineTuning, step: ImitationStep, heldOutLoss: number | null): void {
  const metrics = {
    'imitation/loss': step.loss,
    'imitation/gradient-norm': step.gradientNorm,
    'imitation/learning-rate': step.learningRate,
    'imitation/tokens': step.tokens,
    ...(heldOutLoss !== null && { 'imitation/held-out-loss': heldOutLoss }),
  }
  run.recordMetrics(step.step, metrics, { tokens: step.tokens })
}

function save(
  { run, recipe, config }: FineTuning,
  { learner }: TrainingModel,
  step: number,
  loss: number | null,
): void {
  const value = loss === null ? null : -loss
  const { newest, best } = recipe.checkpoints
  const weights = { learner: learner.state() }
  saveCheckpoint(run.checkpoints, { step, value, config, state: null, weights }, { newest, best })
}
