// The quickstart as a story: judge the untouched model, show it demonstrations, judge it, let it
// practise, judge it again. Everything that a person sees of it is told through `Narrator`.
//
// The run counts the optimizer steps of the cold start first and those of RL after them. What is
// done lies in its folder: the report of each evaluation at once, weights after an abort.

import { join } from 'node:path'
import { advantageEstimator, criticEstimator } from '../advantage/advantage-estimator.ts'
import { demonstrate } from '../cold-start/demonstrate.ts'
import { encodeDemonstration } from '../cold-start/encode-demonstration.ts'
import type { QuickstartProblems } from '../data/quickstart-mixture.ts'
import type { EvaluationReport } from '../evaluate/evaluation-report.ts'
import type { AttemptReader } from '../reward/attempt.ts'
import { rewardParts } from '../reward/reward-parts.ts'
import { rewarder } from '../reward/rewarder.ts'
import { trajectoryLimits } from '../rollout/limits.ts'
import type { RolloutOptions } from '../rollout/options.ts'
import { progressLine } from '../rollout/progress.ts'
import { listEvaluations } from '../run/note-query.ts'
import { RunReader } from '../run/run-reader.ts'
import type { Tool } from '../tool/tool.ts'
import type { Aggregation } from '../update/aggregate.ts'
import { type TrainingSequence, trainingSequence } from '../update/batch.ts'
import { policyObjectiveDefaults } from '../update/policy-objective.ts'
import { policyUpdateDefaults } from '../update/policy-update.ts'
import { newestStep, saveCheckpoint } from './checkpoint.ts'
import { type EvaluatedPolicy, evaluatePolicy } from './evaluate-policy.ts'
import { imitate, imitationStepCount } from './imitate.ts'
import type { PolicyStage, PolicyStep } from './policy-step.ts'
import { ProblemFeed } from './problem-feed.ts'
import { type QuickstartConfig, stageOptions } from './quickstart-config.ts'
import type { QuickstartOptions, QuickstartResult } from './quickstart-options.ts'
import { reinforce } from './rl.ts'
import { saveTrained } from './save-trained.ts'
import type { TrainingModel } from './training-model.ts'

/** Steps of the cold start and of RL, as the run counts them. */
export function quickstartSteps({ problems, coldStart, policy }: QuickstartConfig) {
  const before = imitationStepCount(problems.demonstrations, coldStart)
  return { coldStart: before, all: before + policy.steps }
}

/** What the story needs, opened. */
export interface QuickstartCast {
  readonly model: TrainingModel
  readonly tool: Tool
  readonly reader: AttemptReader
  readonly problems: QuickstartProblems
}

export class QuickstartStory {
  readonly #steps: ReturnType<typeof quickstartSteps>
  /** Steps behind the present weights, those of RL only once all are taken. */
  #step: number

  constructor(
    private readonly options: QuickstartOptions,
    private readonly cast: QuickstartCast,
  ) {
    this.#steps = quickstartSteps(options.config)
    this.#step = options.from?.step ?? 0
  }

  /** Tells what is left of it. After an abort the weights are kept before the reason is thrown. */
  async tell(): Promise<QuickstartResult> {
    const { config, run, from, signal } = this.options
    const { model, reader } = this.cast
    if (this.#step >= this.#steps.coldStart) from?.restore('learner', model.learner)
    try {
      const untouched = await this.#report('untouched', 0)
      await this.#coldStart()
      const coldStart = await this.#report('after cold start', this.#steps.coldStart)
      await this.#practise()
      const { report: trained, groups } = await this.#judge('after RL', this.#steps.all)
      const folder = join(run.path, 'model')
      saveTrained(folder, model, config.dtype)
      const { decode } = reader
      return { untouched, coldStart, trained, attempts: groups, decode, model: folder }
    } catch (error) {
      if (signal.aborted) this.#keepWeights()
      throw error
    }
  }

  /** The report of an evaluation that the run has behind it, or of a new one. */
  async #report(name: string, step: number): Promise<EvaluationReport> {
    using reader = new RunReader(this.options.run.path)
    const known = reader.query([], listEvaluations).find((evaluation) => evaluation.name === name)
    if (known) return known.report as EvaluationReport
    return (await this.#judge(name, step)).report
  }

  async #judge(name: string, step: number): Promise<EvaluatedPolicy> {
    const { config, narrator, run } = this.options
    const { model, reader, problems } = this.cast
    const { heldOut } = problems
    const demonstrated = new Set(config.problems.demonstrated.map(({ family }) => family))
    using chapter = narrator.chapter(`evaluation, ${name}`, heldOut.length)
    const evaluation = {
      name,
      problems: heldOut,
      rollout: { ...this.#rollout(0), groupSize: 1 },
      repeatable: config.policy.repeatable,
      reader,
      run,
      tokenizer: model.tokenizer,
      labelOf: (source: string) => (demonstrated.has(source) ? 'demonstrated' : 'others'),
      onProgress: (count: number) => chapter.update(count),
    }
    return await evaluatePolicy(evaluation, step)
  }

  async #coldStart(): Promise<void> {
    const { config, narrator, run, from, signal } = this.options
    const { learner, engine, tokenizer } = this.cast.model
    const { coldStart: last } = this.#steps
    if (this.#step < last) {
      const plan = { ...config.coldStart, seed: config.seed }
      const sequences = await this.#demonstrations()
      const total = imitationStepCount(sequences.length, plan)
      using chapter = narrator.chapter('cold start', total, this.#step)
      const decay = { kind: 'cosine', totalSteps: total, end: 0.1 } as const
      const warmUpSteps = Math.ceil(total / 10)
      learner.beginStage({
        ...stageOptions(config, plan.learningRate),
        learningRate: { peak: plan.learningRate, warmUpSteps, decay },
      })
      from?.restore('learner', learner)
      const place = { run, tokenizer, from: this.#step }
      for (const { step, loss, gradientNorm } of imitate(learner, sequences, plan, place)) {
        run.recordMetrics(step, { 'imitation/loss': loss, 'imitation/gradient-norm': gradientNorm })
        this.#step = step
        chapter.update(step, `loss ${loss.toFixed(2)}`)
        await new Promise((resolve) => setImmediate(resolve))
        signal.throwIfAborted()
      }
      this.#step = last
    }
    engine.replaceWeights(learner.decoder)
  }

  async #demonstrations(): Promise<readonly TrainingSequence[]> {
    const { config, narrator, signal } = this.options
    const { model, tool, problems } = this.cast
    const { toDemonstrate } = problems
    using chapter = narrator.chapter('demonstrations', toDemonstrate.length)
    const settings = { ...config.coldStart, seed: config.seed }
    const { kept } = await demonstrate(toDemonstrate, settings, tool, signal)
    chapter.update(toDemonstrate.length)
    return await Promise.all(
      kept.map(async (one) => trainingSequence(await encodeDemonstration(one, model.spelling))),
    )
  }

  async #practise(): Promise<void> {
    const { config, digest, narrator, run, from, signal } = this.options
    const { model } = this.cast
    const { coldStart: stepsBefore, all } = this.#steps
    if (this.#step === all) return
    const { policy } = config
    const isUnderWay = from !== null && from.step > stepsBefore
    model.learner.beginStage(stageOptions(config, policy.learningRate))
    let taken = isUnderWay ? from.step - stepsBefore : 0
    using chapter = narrator.chapter('reinforcement learning', policy.steps, taken)
    let said = ''
    const stage = this.#policyStage((now) => chapter.update(taken, `${said}${now}`))
    await reinforce({
      run,
      stage,
      tokenizer: model.tokenizer,
      plan: {
        steps: policy.steps,
        evaluateEvery: policy.steps,
        patience: null,
        checkpointEvery: null,
        keep: { newest: 1, best: false },
      },
      stepsBefore,
      curriculum: null,
      klCoefficient: null,
      from: isUnderWay ? from : null,
      config: digest,
      evaluate: null,
      signal,
      onStep: (done) => {
        taken = done.step
        said = `last step ${described(done)}; `
        chapter.update(taken, described(done))
      },
    })
    this.#step = all
  }

  #policyStage(tell: (progress: string) => void): PolicyStage {
    const { config } = this.options
    const { model, reader, problems } = this.cast
    const { policy, critic, seed } = config
    const { advantage, temperature, groupSize } = policy
    const filter = { maskTruncated: false }
    const isPpo = advantage.kind === 'gae'
    return {
      learner: model.learner,
      engine: model.engine,
      feed: new ProblemFeed(problems.train, seed),
      rollout: {
        ...this.#rollout(temperature),
        groupSize,
        onProgress: (progress) => tell(progressLine(progress)),
      },
      reward: rewarder(rewardParts(policy.reward), reader),
      advantage: advantageEstimator(isPpo ? { kind: 'grpo' } : advantage, filter),
      ...(isPpo &&
        model.critic && {
          critic: {
            critic: model.critic,
            advantage: criticEstimator(advantage, filter),
            update: critic,
            warmUpSteps: critic.warmUpSteps,
          },
        }),
      update: {
        ...policyUpdateDefaults,
        objective: { ...policyObjectiveDefaults, aggregation: aggregationOf(config) },
        temperature,
        oldLogprobs: 'rollout',
      },
      problemsPerStep: policy.problemsPerStep,
      drawLimit: policy.drawLimit,
      seed,
      repeatable: policy.repeatable,
    }
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
      concurrency: 128,
      signal,
    }
  }

  /** Those of RL's steps are kept by the loop itself. */
  #keepWeights(): void {
    const { run, digest: config } = this.options
    if (this.#step <= (newestStep(run.checkpoints) ?? 0)) return
    const weights = { learner: this.cast.model.learner.state() }
    const content = { step: this.#step, value: null, config, state: null, weights }
    saveCheckpoint(run.checkpoints, content, { newest: 1, best: false })
  }
}

/** Dr.GRPO divides by a constant length, the others by the tokens that there are. */
function aggregationOf({ policy, limits }: QuickstartConfig): Aggregation {
  if (policy.advantage.kind !== 'drGrpo') return { kind: 'tokenMean' }
  const { trajectoryTokens: length } = trajectoryLimits(limits)
  return { kind: 'sequenceMeanTokenSumNorm', length }
}

/** `41 % right, 5 of 8 groups teach` */
function described({ groups, advantages }: PolicyStep): string {
  const members = groups.flatMap((group) => group.members)
  const right = members.filter(({ reward }) => reward.correct).length
  const share = Math.round((100 * right) / Math.max(1, members.length))
  return `${share} % right, ${advantages.groupsWithSpread} of ${advantages.groups} groups teach`
}
