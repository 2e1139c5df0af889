// Reinforcement learning, from the first step to the last: roll out, reward, estimate advantages,
// update; then record, evaluate, and keep what a run goes on from.

import { type KlCoefficient, nextKlCoefficient } from '../advantage/kl-coefficient.ts'
import { UserError } from '../base/errors.ts'
import {
  type CurriculumState,
  curriculumStart,
  nextCurriculumState,
  type Stage,
} from '../reward/curriculum.ts'
import type { ScoredGroup } from '../reward/reward.ts'
import { stopShares } from '../rollout/stop-shares.ts'
import type { RunFolder } from '../run/folder.ts'
import type { Tokenizer } from '../tokenizer/tokenizer.ts'
import { type KeepOptions, type SavedCheckpoint, saveCheckpoint } from './checkpoint.ts'
import { type StepAhead, stepAhead } from './one-step-off.ts'
import {
  NonFiniteStep,
  type PolicyStage,
  type PolicyStep,
  policyStep,
  type RolledOut,
} from './policy-step.ts'
import { recordStep, stepMetrics } from './record-step.ts'
import { saveBatch } from './save-batch.ts'
import { type WatchState, watchStart, watchStep } from './step-watch.ts'

export interface ReinforcementPlan {
  readonly steps: number
  /** Steps between evaluations; there is one at the end too. */
  readonly evaluateEvery: number
  /** Evaluations without a new best after which the run ends; null goes on to the last step. */
  readonly patience: number | null
  /**
   * Steps between checkpoints; there is one at the end and of each new best too. Null keeps one
   * only where an abort ends the run.
   */
  readonly checkpointEvery: number | null
  readonly keep: KeepOptions
}

export interface Reinforcement {
  readonly run: RunFolder
  readonly stage: PolicyStage
  readonly tokenizer: Tokenizer
  readonly plan: ReinforcementPlan
  /** Steps that the run took in another way before, such as those of a cold start; 0 by default. */
  readonly stepsBefore?: number
  /** Stretches of training with their own reward weights; null for one and the same. */
  readonly curriculum: readonly Stage[] | null
  /** Steers the coefficient of the stage's KL penalty; null where it is fixed, or none. */
  readonly klCoefficient: KlCoefficient | null
  /** Where to go on (`newestCheckpoint`); null begins anew. */
  readonly from: SavedCheckpoint | null
  /** Digest of the configuration: a run goes on only with its own. */
  readonly config: string
  /** Judges the present policy on problems that are never trained on, and records what came of it. */
  readonly evaluate: ((step: number) => Promise<number>) | null
  /** The work in hand is given up at an abort; the newest checkpoint is where it goes on. */
  readonly signal?: AbortSignal
  readonly onStep?: (done: PolicyStep) => void
}

export interface ReinforcementResult {
  /** Steps taken, those before a resume included. */
  readonly steps: number
  readonly ended: 'allSteps' | 'noImprovement'
  /** The highest value of an evaluation, and its step. */
  readonly best: Best | null
}

interface Best {
  readonly step: number
  readonly value: number
}

/** Where the loop stands between two steps. */
interface LoopState {
  readonly step: number
  /** What the next step learns from, where it is rolled out already; see `stepAhead`. */
  readonly ahead: RolledOut | null
  readonly policyVersion: number
  readonly feed: unknown
  readonly watch: WatchState
  readonly curriculum: CurriculumState
  readonly klCoefficient: KlCoefficient | null
  readonly best: Best | null
  /** Evaluations since the best. */
  readonly sinceBest: number
}

/**
 * Goes from a checkpoint, or from the beginning, to the end. A run that
 * is killed and gone on with has the same weights and trajectories, bit for bit, as one left alone.
 * Throws UserError for a loss that is no number, with the batch saved, and the signal's reason after an abort.
 */
export async function reinforce(training: Reinforcement): Promise<ReinforcementResult> {
  const { plan, stage } = training
  let state = await begin(training)
  let savedStep = state.step
  while (state.step < plan.steps && !isExhausted(state, plan)) {
    const step = state.step + 1
    const { done, ahead } = await takeStep(training, state).catch((error: unknown) => {
      // Nothing was updated yet: what is there belongs to the step before.
      if (training.signal?.aborted && state.step > savedStep) save(training, state, null)
      throw error
    })
    const watch = recordAndWatch(training, done, state.watch)
    const isLast = step === plan.steps
    const value = await evaluateIfDue(training, step, isLast)
    state = {
      ...state,
      step,
      watch,
      ...standing(state, step, value),
      ...steered(training, state, done),
    }
    state = { ...state, ahead, feed: stage.feed.state, policyVersion: stage.engine.version }
    const isBest = plan.keep.best && state.best?.step === step
    const ends = isLast || isExhausted(state, plan)
    const every = plan.checkpointEvery
    if (every !== null && (ends || isBest || step % every === 0)) {
      save(training, state, value)
      savedStep = step
    }
    training.onStep?.(done)
  }
  const { step, best } = state
  return { steps: step, best, ended: step < plan.steps ? 'noImprovement' : 'allSteps' }
}

async function begin({ from, stage, klCoefficient }: Reinforcement): Promise<LoopState> {
  const { learner, engine, feed } = stage
  if (!from) {
    const fresh = { policyVersion: engine.version, feed: feed.state, watch: watchStart }
    const steering = { curriculum: curriculumStart, klCoefficient }
    return { ...fresh, ...steering, step: 0, ahead: null, best: null, sinceBest: 0 }
  }
  const saved = from.state as Omit<LoopState, 'ahead'>
  const groups = from.lines('ahead') as ScoredGroup[]
  const state = { ...saved, ahead: groups.length > 0 ? { groups, seconds: 0 } : null }
  from.restore('learner', learner)
  if (stage.critic) from.restore('critic', stage.critic.critic)
  await feed.restore(state.feed)
  await engine.replaceWeights(learner.decoder, state.policyVersion)
  return state
}

async function takeStep(training: Reinforcement, state: LoopState): Promise<StepAhead> {
  const { run, tokenizer, curriculum, plan, stage, signal, stepsBefore = 0 } = training
  signal?.throwIfAborted()
  const rewardWeights = curriculum?.[state.curriculum.stage]?.weights
  const coefficient = state.klCoefficient?.value
  try {
    const present: PolicyStage = {
      ...stage,
      ...(rewardWeights && { rewardWeights }),
      ...(stage.klPenalty &&
        coefficient !== undefined && { klPenalty: { ...stage.klPenalty, coefficient } }),
    }
    const step = state.step + 1
    if (stage.staleness !== 1) return { done: await policyStep(present, step), ahead: null }
    return await stepAhead(present, step, { ahead: state.ahead, isLast: step === plan.steps })
  } catch (error) {
    if (!(error instanceof NonFiniteStep)) throw error
    const path = saveBatch(run, tokenizer, error, stepsBefore)
    throw new UserError(
      `${error.message}; the batch is in ${path}. Lower learner.learningRate or learner.maxGradientNorm and begin again, from this run's weights if you like`,
    )
  }
}

/** Where curriculum and KL coefficient stand after a step. */
function steered(
  { curriculum }: Reinforcement,
  state: LoopState,
  done: PolicyStep,
): Pick<LoopState, 'curriculum' | 'klCoefficient'> {
  const trajectories = done.groups.reduce((sum, { members }) => sum + members.length, 0)
  return {
    curriculum: curriculum
      ? nextCurriculumState(curriculum, state.curriculum, stepMetrics(done))
      : state.curriculum,
    klCoefficient:
      state.klCoefficient && done.kl !== null
        ? nextKlCoefficient(state.klCoefficient, done.kl, trajectories)
        : state.klCoefficient,
  }
}

function recordAndWatch(
  { run, tokenizer, stepsBefore = 0 }: Reinforcement,
  done: PolicyStep,
  before: WatchState,
): WatchState {
  const place = done.step + stepsBefore
  recordStep(run, done, tokenizer, place)
  const trajectories = done.groups.flatMap(({ members }) => members.map((one) => one.trajectory))
  const { state, warnings } = watchStep(before, stepMetrics(done), stopShares(trajectories))
  for (const warning of warnings) run.recordWarning(place, warning)
  return state
}

async function evaluateIfDue(
  { evaluate, plan }: Reinforcement,
  step: number,
  isLast: boolean,
): Promise<number | null> {
  if (!evaluate || !(isLast || step % plan.evaluateEvery === 0)) return null
  return await evaluate(step)
}

function standing(
  { best, sinceBest }: LoopState,
  step: number,
  value: number | null,
): Pick<LoopState, 'best' | 'sinceBest'> {
  if (value === null) return { best, sinceBest }
  if (!best || value > best.value) return { best: { step, value }, sinceBest: 0 }
  return { best, sinceBest: sinceBest + 1 }
}

function isExhausted({ sinceBest }: LoopState, { patience }: ReinforcementPlan): boolean {
  return patience !== null && sinceBest >= patience
}

function save(training: Reinforcement, loop: LoopState, value: number | null): void {
  const { run, stage, plan, config, stepsBefore = 0 } = training
  const weights = {
    learner: stage.learner.state(),
    ...(stage.critic && { critic: stage.critic.critic.state() }),
  }
  const { ahead, ...state } = loop
  const lines = ahead ? { ahead: ahead.groups } : {}
  const step = loop.step + stepsBefore
  saveCheckpoint(run.checkpoints, { step, value, config, state, weights, lines }, plan.keep)
}
