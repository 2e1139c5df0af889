// `new ReToolTrainer({...}).train()`: the loop of `rl.ts` behind the names that users of other
// trainers know. It only translates; all logic is in the functions that it names.

import { availableParallelism } from 'node:os'
import { advantageEstimator } from '../advantage/advantage-estimator.ts'
import type { Problem } from '../data/problem.ts'
import { type OpenModel, openModel } from '../policy/open-model.ts'
import { answerJudge } from '../reward/judge.ts'
import { openGrader } from '../reward/open-grader.ts'
import { outcome, outcomeDefaults } from '../reward/parts/outcome.ts'
import type { WeightedPart } from '../reward/reward-part.ts'
import { rewarder } from '../reward/rewarder.ts'
import { RunFolder } from '../run/folder.ts'
import { createSandbox } from '../sandbox/create-sandbox.ts'
import { chatTemplateOf } from '../tokenizer/chat-template.ts'
import { modelTemplate } from '../tokenizer/model-template.ts'
import { interpreter } from '../tool/interpreter.ts'
import type { Tool } from '../tool/tool.ts'
import { learnerDefaults } from '../update/learner.ts'
import { policyObjectiveDefaults } from '../update/policy-objective.ts'
import { policyUpdateDefaults } from '../update/policy-update.ts'
import { configDigest, newestCheckpoint } from './checkpoint.ts'
import type { PolicyStage, PolicyStep } from './policy-step.ts'
import { ProblemFeed } from './problem-feed.ts'
import { stepMetrics } from './record-step.ts'
import {
  type ReToolTrainerOptions,
  type RewardFunction,
  type TrainerArguments,
  trainerDefaults,
} from './retool-trainer-options.ts'
import { reinforce } from './rl.ts'
import { saveTrained } from './save-trained.ts'
import { type TrainingModel, trainingModel } from './training-model.ts'

/** What a training came to. */
export interface TrainOutput {
  /** Steps taken, those before a resume included. */
  readonly steps: number
  /** The numbers of each step that this call took, by name. */
  readonly history: readonly Readonly<Record<string, number>>[]
  /** The trained model: a Hugging Face folder. */
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
    const problems = await problemsOf(options.trainDataset)
    const grader = openGrader(Math.min(4, availableParallelism()))
    const sandbox = options.tools ? null : await createSandbox()
    const tools = options.tools ?? (sandbox ? [interpreter(sandbox)] : [])
    const loaded = typeof options.model === 'string' ? await openModel(options.model) : null
    try {
      const opened = withTokenizer(loaded ?? (options.model as OpenModel), options)
      using model = modelInTraining(opened, options, tools)
      const judge = options.judge ?? answerJudge({ grader, seconds: 10 })
      const decode = (tokens: readonly number[]) => model.tokenizer.decode(tokens)
      const reward = options.steps?.reward ?? rewarder(partsOf(options, decode), { decode, judge })
      return await run(options, model, stageOf(options, model, problems, reward), resume)
    } finally {
      loaded?.[Symbol.dispose]()
      await Promise.all([grader.close(), sandbox?.close()])
    }
  }
}

async function problemsOf(rows: ReToolTrainerOptions['trainDataset']): Promise<Problem[]> {
  const problems: Problem[] = []
  for await (const { prompt, answer } of rows) {
    const id = `row-${problems.length}`
    const verifier = { kind: 'equivalence' } as const
    problems.push({ id, question: prompt, answer, source: 'train', verifier })
  }
  return problems
}

function withTokenizer(opened: OpenModel, { tokenizer }: ReToolTrainerOptions): OpenModel {
  if (!tokenizer) return opened
  const template = modelTemplate(tokenizer, chatTemplateOf(tokenizer))
  return { ...opened, tokenizer, template, stopTokens: template.stopTokens }
}

function argumentsOf({ args }: ReToolTrainerOptions): TrainerArguments {
  return { ...trainerDefaults, ...args }
}

function modelInTraining(
  opened: OpenModel,
  options: ReToolTrainerOptions,
  tools: readonly Tool[],
): TrainingModel {
  const { learningRate, warmUpSteps, maxGradientNorm, weightDecay, ...args } = argumentsOf(options)
  const { cacheTokens, microBatchTokens, dtype } = args
  return trainingModel(opened, {
    dtype,
    tools,
    ...(options.protocol && { protocol: options.protocol }),
    engine: { cacheTokens },
    withReference: (options.klCoefficient ?? 0) > 0,
    learner: {
      ...learnerDefaults,
      learningRate: { peak: learningRate, warmUpSteps, decay: { kind: 'constant' } },
      optimizer: { ...learnerDefaults.optimizer, weightDecay },
      maxGradientNorm,
      microBatchTokens,
    },
  })
}

function stageOf(
  options: ReToolTrainerOptions,
  model: TrainingModel,
  problems: readonly Problem[],
  reward: PolicyStage['reward'],
): PolicyStage {
  const { temperature = 0.7, topP = 1, topK = 0, minP = 0, maxTurns = 10 } = options
  const { maxCompletionLength = 1024, maskTruncatedCompletions = false, steps } = options
  const { clipRange = { low: 0.2, high: 0.2 }, klCoefficient = 0, numGenerations = 8 } = options
  const { seed, passes, miniBatchSize, problemsPerStep } = argumentsOf(options)
  const kl = { estimator: 'k3', straight: false, coefficient: klCoefficient } as const
  const loss = { kind: 'clipped', clipRange, dualClip: null } as const
  const maskTruncated = maskTruncatedCompletions
  return {
    learner: model.learner,
    engine: model.engine,
    feed: new ProblemFeed(problems, seed),
    rollout: {
      ...model.spelling,
      sampling: { temperature, topP, topK, minP },
      stopTokens: model.stopTokens,
      limits: { turns: maxTurns, toolCalls: maxTurns, turnTokens: maxCompletionLength },
      groupSize: numGenerations,
      seed,
    },
    reward,
    advantage: steps?.advantage ?? advantageEstimator({ kind: 'grpo' }, { maskTruncated }),
    ...(steps?.generate && { generate: steps.generate }),
    ...(steps?.mask && { mask: steps.mask }),
    ...(steps?.loss && { improve: steps.loss(model.learner) }),
    update: {
      ...policyUpdateDefaults,
      objective: { ...policyObjectiveDefaults, loss, kl: klCoefficient > 0 ? kl : null },
      passes,
      miniBatchSize,
      temperature,
    },
    problemsPerStep,
    drawLimit: 1,
    repeatable: true,
    seed,
  }
}

function partsOf(
  { rewardFunctions }: ReToolTrainerOptions,
  decode: (tokens: readonly number[]) => string,
): readonly WeightedPart[] {
  if (!rewardFunctions) return [{ part: outcome(outcomeDefaults), weight: 1 }]
  return rewardFunctions.map((given: RewardFunction, index) => ({
    weight: 1,
    part: {
      name: given.name === '' ? `reward-${index}` : given.name,
      per: 'trajectory',
      value: ({ problem, trajectory, turns, answer, judgement }) =>
        given({
          prompt: problem.question,
          completion: trajectory.segments
            .slice(1)
            .map(({ tokens }) => decode(tokens))
            .join(''),
          turns,
          reference: problem.answer,
          answer,
          isCorrect: judgement.correct,
          trajectory,
        }),
    },
  }))
}

async function run(
  options: ReToolTrainerOptions,
  model: TrainingModel,
  stage: PolicyStage,
  resume: boolean,
): Promise<TrainOutput> {
  const args = argumentsOf(options)
  const { outputFolder, steps, checkpointEvery, dtype } = args
  const { update, rollout, problemsPerStep } = stage
  const { sampling, limits, groupSize } = rollout
  const { reference } = model.source
  const settings = { args, model: reference, update, sampling, limits, groupSize, problemsPerStep }
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
    const plan = { steps, evaluateEvery: steps, patience: null, checkpointEvery }
    const result = await reinforce({
      run: folder,
      stage,
      tokenizer: model.tokenizer,
      plan: { ...plan, keep: { newest: 2, best: false } },
      config,
      from,
      curriculum: null,
      klCoefficient: null,
      evaluate: null,
      ...(options.signal && { signal: options.signal }),
      onStep,
    })
    const saved = `${outputFolder}/model`
    saveTrained(saved, model, dtype)
    folder.finish()
    return { steps: result.steps, history, model: saved }
  } catch (error) {
    if (options.signal?.aborted) folder.interrupt()
    else folder.fail(error)
    throw error
  }
}
