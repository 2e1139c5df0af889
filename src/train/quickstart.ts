// The quickstart as a story: judge the untouched model, show it demonstrations, judge it, let it
// practise, judge it again. Everything that a person sees of it is told through `Narrator`.

import { advantageEstimator } from '../advantage/advantage-estimator.ts'
import { packageFile } from '../base/package-root.ts'
import { demonstrate } from '../cold-start/demonstrate.ts'
import { encodeDemonstration } from '../cold-start/encode-demonstration.ts'
import { openGenerator } from '../data/open-generator.ts'
import { type QuickstartProblems, quickstartMixture } from '../data/quickstart-mixture.ts'
import { PythonPool } from '../python/python-pool.ts'
import { answerJudge } from '../reward/judge.ts'
import { rewardParts } from '../reward/reward-parts.ts'
import { type Rewarder, rewarder } from '../reward/rewarder.ts'
import type { RolloutOptions } from '../rollout/options.ts'
import { type Progress, progressLine } from '../rollout/progress.ts'
import type { RunFolder } from '../run/folder.ts'
import { createSandbox } from '../sandbox/create-sandbox.ts'
import { interpreter } from '../tool/interpreter.ts'
import type { Tool } from '../tool/tool.ts'
import { trainingSequence } from '../update/batch.ts'
import { learnerDefaults } from '../update/learner.ts'
import { policyUpdateDefaults } from '../update/policy-update.ts'
import { imitate, imitationStepCount } from './imitate.ts'
import { type Judged, judgePolicy } from './judge-policy.ts'
import { type PolicyStage, type PolicyStep, policyStep } from './policy-step.ts'
import { ProblemFeed } from './problem-feed.ts'
import type { QuickstartConfig } from './quickstart-config.ts'
import { recordStep } from './record-step.ts'
import { openTrainingModel, type TrainingModel } from './training-model.ts'
import { trajectoryRecords } from './trajectory-records.ts'

/** A stretch of work that a person watches. */
export interface Chapter extends Disposable {
  update(done: number, detail?: string): void
}

export interface Narrator {
  chapter(title: string, total: number): Chapter
}

export interface QuickstartResult {
  readonly untouched: Judged
  readonly coldStart: Judged
  readonly trained: Judged
  readonly demonstrations: number
}

export interface QuickstartOptions {
  readonly config: QuickstartConfig
  readonly run: RunFolder
  readonly narrator: Narrator
  readonly signal: AbortSignal
}

/** Runs all of it; rejects with the signal's reason after an abort. */
export async function quickstart(options: QuickstartOptions): Promise<QuickstartResult> {
  const { config } = options
  const sandbox = await createSandbox()
  const grader = new PythonPool({ script: packageFile('src/reward/grader.py') }, { size: 1 })
  try {
    const tool = interpreter(sandbox, { seed: config.seed, limits: { timeoutMs: 5_000 } })
    const problems = await drawProblems(options)
    using model = await openTrainingModel(config.model, {
      learner: { ...learnerDefaults, microBatchTokens: config.microBatchTokens },
      engine: { cacheTokens: config.cacheTokens, maxBatch: 64 },
      dtype: config.dtype,
      tools: [tool],
    })
    const reward = rewarder(rewardParts({ outcome: 1 }), {
      decode: (tokens) => model.tokenizer.decode(tokens),
      judge: answerJudge({ grader, seconds: 2 }),
    })
    return await new Story(options, { model, tool, reward, problems }).tell()
  } finally {
    await grader.close()
    await sandbox.close()
  }
}

async function drawProblems({ config, narrator }: QuickstartOptions): Promise<QuickstartProblems> {
  using chapter = narrator.chapter('problems', 1)
  const generator = openGenerator()
  try {
    const problems = await quickstartMixture({ ...config.problems, seed: config.seed }, generator)
    chapter.update(1)
    return problems
  } finally {
    await generator.close()
  }
}

interface Cast {
  readonly model: TrainingModel
  readonly tool: Tool
  readonly reward: Rewarder
  readonly problems: QuickstartProblems
}

class Story {
  constructor(
    private readonly options: QuickstartOptions,
    private readonly cast: Cast,
  ) {}

  async tell(): Promise<QuickstartResult> {
    const untouched = await this.#judge('untouched', 0)
    const demonstrations = await this.#coldStart()
    const coldStart = await this.#judge('after cold start', 1)
    const steps = await this.#practise()
    const trained = await this.#judge('after RL', steps + 2)
    return { untouched, coldStart, trained, demonstrations }
  }

  async #judge(title: string, step: number): Promise<Judged> {
    const { config, narrator, run } = this.options
    const { heldOut } = this.cast.problems
    using chapter = narrator.chapter(`evaluation, ${title}`, heldOut.length)
    const judged = await judgePolicy(heldOut, {
      rollout: { ...this.#rollout(0), name: `evaluation-${step}`, groupSize: 1 },
      reward: this.cast.reward,
      demonstrated: new Set(config.problems.demonstrated.map(({ family }) => family)),
      decode: (tokens) => this.cast.model.tokenizer.decode(tokens),
      onProgress: (count) => chapter.update(count),
    })
    run.recordMetrics(step, { 'evaluation/accuracy': judged.accuracy.all.mean })
    run.recordTrajectories(
      step,
      trajectoryRecords(judged.groups, [], 'evaluation', this.cast.model.tokenizer),
    )
    return judged
  }

  async #coldStart(): Promise<number> {
    const { config, narrator, run, signal } = this.options
    const { model, tool, problems } = this.cast
    const plan = { ...config.coldStart, seed: config.seed }
    const { kept } = await demonstrate(problems.toDemonstrate, plan, tool, signal)
    const sequences = await Promise.all(
      kept.map(async (one) => trainingSequence(await encodeDemonstration(one, model.spelling))),
    )
    const total = imitationStepCount(sequences.length, plan)
    const decay = { kind: 'cosine', totalSteps: total, end: 0.1 } as const
    model.learner.beginStage({
      ...learnerDefaults,
      microBatchTokens: config.microBatchTokens,
      learningRate: { peak: plan.learningRate, warmUpSteps: Math.ceil(total / 10), decay },
    })
    using chapter = narrator.chapter('cold start', total)
    for (const { step, loss, gradientNorm } of imitate(model.learner, sequences, plan)) {
      signal.throwIfAborted()
      run.recordMetrics(step, { 'imitation/loss': loss, 'imitation/gradient-norm': gradientNorm })
      chapter.update(step, `loss ${loss.toFixed(2)}`)
      await new Promise((resolve) => setImmediate(resolve))
    }
    model.engine.replaceWeights(model.learner.decoder)
    return sequences.length
  }

  async #practise(): Promise<number> {
    const { config, narrator, run, signal } = this.options
    const { model, reward, problems } = this.cast
    const { policy, seed } = config
    model.learner.beginStage({
      ...learnerDefaults,
      microBatchTokens: config.microBatchTokens,
      learningRate: { peak: policy.learningRate, warmUpSteps: 0, decay: { kind: 'constant' } },
    })
    const stage: PolicyStage = {
      learner: model.learner,
      engine: model.engine,
      feed: new ProblemFeed(problems.train, seed),
      rollout: { ...this.#rollout(policy.temperature), groupSize: policy.groupSize },
      reward,
      advantage: advantageEstimator(policy.advantage, { maskTruncated: false }),
      update: { ...policyUpdateDefaults, temperature: policy.temperature, oldLogprobs: 'rollout' },
      problemsPerStep: policy.problemsPerStep,
      drawLimit: policy.drawLimit,
      seed,
    }
    using chapter = narrator.chapter('reinforcement learning', policy.steps)
    let said = ''
    for (let step = 1; step <= policy.steps; step++) {
      signal.throwIfAborted()
      const watched = {
        ...stage,
        rollout: {
          ...stage.rollout,
          onProgress: (now: Progress) => chapter.update(step - 1, `${said}${progressLine(now)}`),
        },
      }
      const done = await policyStep(watched, step)
      recordStep(run, done, model.tokenizer)
      said = `last step ${described(done)}; `
      chapter.update(step, described(done))
    }
    return policy.steps
  }

  #rollout(temperature: number): Omit<RolloutOptions, 'name' | 'groupSize'> {
    const { config, signal } = this.options
    const { model } = this.cast
    return {
      ...model.spelling,
      policy: model.engine,
      sampling: { temperature, topP: 1, topK: 0, minP: 0 },
      stopTokens: model.stopTokens,
      limits: config.limits,
      seed: config.seed,
      concurrency: 64,
      signal,
    }
  }
}

/** `41 % right, 5 of 8 groups teach` */
function described({ groups, advantages }: PolicyStep): string {
  const members = groups.flatMap((group) => group.members)
  const right = members.filter(({ reward }) => reward.correct).length
  const share = Math.round((100 * right) / Math.max(1, members.length))
  return `${share} % right, ${advantages.groupsWithSpread} of ${advantages.groups} groups teach`
}
