// `new ReToolTrainer({...}).train()`: the loop of `rl.ts` behind the names that users of other
// trainers know. It only translates; all logic is in the functions that it names.

import { availableParallelism } from 'node:os'
import type { Problem } from '../data/problem.ts'
import { type OpenModel, openModel } from '../policy/open-model.ts'
import type { AttemptReader } from '../reward/attempt.ts'
import { answerJudge } from '../reward/judge.ts'
import { openGrader } from '../reward/open-grader.ts'
import { RunFolder } from '../run/folder.ts'
import { createSandbox } from '../sandbox/create-sandbox.ts'
import { chatTemplateOf } from '../tokenizer/chat-template.ts'
import { modelTemplate } from '../tokenizer/model-template.ts'
import { interpreter } from '../tool/interpreter.ts'
import { configDigest, newestCheckpoint } from './checkpoint.ts'
import { datasetProblems } from './dataset-source.ts'
import { evaluatePolicy } from './evaluate-policy.ts'
import type { PolicyStage, PolicyStep } from './policy-step.ts'
import { stepMetrics } from './record-step.ts'
import type { ReToolTrainerOptions } from './retool-trainer-options.ts'
import { argumentsOf, loraOf, modelInTraining, trainerStage } from './retool-trainer-stage.ts'
import { type Reinforcement, type ReinforcementResult, reinforce } from './rl.ts'
import { saveTrained } from './save-trained.ts'
import type { TrainingModel } from './training-model.ts'

/** What a training came to. */
export interface TrainOutput extends Pick<ReinforcementResult, 'steps' | 'best'> {
  /** The numbers of each step that this call took, by name. */
  readonly history: readonly Readonly<Record<string, number>>[]
  /** The trained model: a Hugging Face folder, or PEFT's with adapters. */
  readonly model: string
}

/**
 * Trains a model to use tools. Rows of the data set are `{ prompt, answer }`.
 *
 *   const trainer = new ReToolTrainer({ model: 'smollm2-135m-instruct', trainDataset: rows })
 *   const { model, history } = await trainer.train()
 */
export class ReToolTrainer {
  readonly #options: ReToolTrainerOptions

  constructor(options: ReToolTrainerOptions) {
    this.#options = options
  }

  /** Runs all steps, or with `resume` those that are left of a run that was cut off. */
  async train({ resume = false }: { readonly resume?: boolean } = {}): Promise<TrainOutput> {
    const options = this.#options
    const heldOut = await datasetProblems('evaluation', options.evaluationDataset ?? [])
    const grader = openGrader(Math.min(4, availableParallelism()))
    const sandbox = options.tools ? null : await createSandbox()
    const tools = options.tools ?? (sandbox ? [interpreter(sandbox)] : [])
    const loaded = typeof options.model === 'string' ? await openModel(options.model) : null
    try {
      const opened = withTokenizer(loaded ?? (options.model as OpenModel), options)
      using model = modelInTraining(opened, options, tools)
      const reader: AttemptReader = {
        decode: (tokens) => model.tokenizer.decode(tokens),
        judge: options.judge ?? answerJudge({ grader, seconds: 10 }),
      }
      return await run({ options, model, reader, heldOut }, resume)
    } finally {
      loaded?.[Symbol.dispose]()
      await Promise.all([grader.close(), sandbox?.close()])
    }
  }
}

function withTokenizer(opened: OpenModel, { tokenizer }: ReToolTrainerOptions): OpenModel {
  if (!tokenizer) return opened
  const template = modelTemplate(tokenizer, chatTemplateOf(tokenizer))
  return { ...opened, tokenizer, template, stopTokens: template.stopTokens }
}

interface Training {
  readonly options: ReToolTrainerOptions
  readonly model: TrainingModel
  readonly reader: AttemptReader
  readonly heldOut: readonly Problem[]
}

async function run(training: Training, resume: boolean): Promise<TrainOutput> {
  const { options, model, reader } = training
  const { outputFolder, steps, checkpointEvery, evaluateEvery, dtype } = argumentsOf(options)
  const stage = trainerStage(options, model, reader)
  const settings = settingsOf(options, stage, model)
  const config = configDigest(settings)
  const from = resume
    ? newestCheckpoint(`${outputFolder}/checkpoints`, config, (message) => console.warn(message))
    : null
  using folder = resume
    ? RunFolder.resume(outputFolder, from?.step ?? 0)
    : RunFolder.create(outputFolder, { command: 'train', config: settings, totalSteps: steps })
  const history: Readonly<Record<string, number>>[] = []
  const onStep = (done: PolicyStep) => {
    const metrics = { step: done.step, ...stepMetrics(done) }
    history.push(metrics)
    for (const callback of options.callbacks ?? []) callback.onStep?.(metrics, done)
  }
  try {
    const plan = { steps, evaluateEvery, patience: null, checkpointEvery }
    const result = await reinforce({
      run: folder,
      stage,
      tokenizer: model.tokenizer,
      plan: { ...plan, keep: { newest: 2, best: training.heldOut.length > 0 } },
      config,
      from,
      curriculum: null,
      klCoefficient: null,
      evaluate: evaluator(training, stage, folder),
      ...(options.signal && { signal: options.signal }),
      onStep,
    })
    const saved = `${outputFolder}/model`
    saveTrained(saved, model, dtype)
    folder.finish()
    return { steps: result.steps, best: result.best, history, model: saved }
  } catch (error) {
    if (options.signal?.aborted) folder.interrupt()
    else folder.fail(error)
    throw error
  }
}

/** All that decides the run and can be written down. */
function settingsOf(
  options: ReToolTrainerOptions,
  { update, rollout, problemsPerStep }: PolicyStage,
  { source }: TrainingModel,
) {
  const { sampling, limits, groupSize } = rollout
  const args = argumentsOf(options)
  const lora = loraOf(options)
  return {
    args,
    lora,
    model: source.reference,
    update,
    sampling,
    limits,
    groupSize,
    problemsPerStep,
  }
}

function evaluator(
  { options, model, reader, heldOut }: Training,
  stage: PolicyStage,
  run: RunFolder,
): Reinforcement['evaluate'] {
  if (heldOut.length === 0) return null
  const sampling = { ...stage.rollout.sampling, temperature: 0 }
  const { engine, learner, tokenizer } = model
  const evaluation = {
    name: 'held-out',
    problems: heldOut,
    rollout: { ...stage.rollout, policy: engine, sampling, groupSize: 1 },
    repeatable: true,
    reader,
    run,
    tokenizer,
  }
  return async (step) => {
    engine.replaceWeights(learner.decoder, engine.version)
    const { report } = await evaluatePolicy(evaluation, step)
    for (const callback of options.callbacks ?? []) callback.onEvaluation?.(report, step)
    return report.all.average.mean
  }
}
