// Reinforcement learning, from the first step to the last: roll out, reward, estimate advantages,
// update; then record, evaluate, and keep what a run goes on from.

import { stopShares } from '../rollout/stop-shares.ts'
import type { RunFolder } from '../run/folder.ts'
import type { Tokenizer } from '../tokenizer/tokenizer.ts'
import { type KeepOptions, type SavedCheckpoint, saveCheckpoint } from './checkpoint.ts'
import { NonFiniteStep, type PolicyStage, type PolicyStep, policyStep } from './policy-step.ts'
import type { FeedState } from './problem-feed.ts'
import { recordStep, stepMetrics } from './record-step.ts'
import { saveBatch } from './save-batch.ts'
import { type WatchState, watchStart, watchStep } from './step-watch.ts'

export interface ReinforcementPlan {
  readonly steps: number
  /** Steps between evaluations; there is one at the end too. */
  readonly evaluateEvery: number
  /** Evaluations without a new best after which the run ends; null goes on to the last step. */
  readonly patience: number | null
  /** Steps between checkpoints; there is one at the end too. */
  readonly checkpointEvery: number
  readonly keep: KeepOptions
}

export interface Reinforcement {
  readonly run: RunFolder
  readonly stage: PolicyStage
  readonly tokenizer: Tokenizer
  readonly plan: ReinforcementPlan
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
  readonly policyVersion: number
  readonly feed: FeedState
  readonly watch: WatchState
  readonly best: Best | null
  /** Evaluations since the best. */
  readonly sinceBest: number
}

/**
 * Goes from a checkpoint, or from the beginning, to the end. A run that
 * is killed and gone on with has the same weights and trajectories, bit for bit, as one left alone.
 * Throws NonFiniteStep with the batch saved, and the signal's reason after an abort.
 */
export async function reinforce(training: Reinforcement): Promise<ReinforcementResult> {
  const { plan, stage } = training
  let state = begin(training)
  while (state.step < plan.steps && !isExhausted(state, plan)) {
    training.signal?.throwIfAborted()
    const step = state.step + 1
    const done = await takeStep(training, step)
    const watch = recordAndWatch(training, done, state.watch)
    const isLast = step === plan.steps
    const value = await evaluateIfDue(training, step, isLast)
    state = { ...state, step, watch, ...standing(state, step, value) }
    state = { ...state, feed: stage.feed.state, policyVersion: stage.engine.version }
    const ends = isLast || isExhausted(state, plan)
    if (ends || step % plan.checkpointEvery === 0) save(training, state, value)
    training.onStep?.(done)
  }
  const { step, best } = state
  return { steps: step, best, ended: step < plan.steps ? 'noImprovement' : 'allSteps' }
}

function begin({ from, stage }: Reinforcement): LoopState {
  const { learner, engine, feed } = stage
  if (!from) {
    const fresh = { policyVersion: engine.version, feed: feed.state, watch: watchStart }
    return { ...fresh, step: 0, best: null, sinceBest: 0 }
  }
  const state = from.state as LoopState
  from.restore('learner', learner)
  feed.restore(state.feed)
  engine.replaceWeights(learner.decoder, state.policyVersion)
  return state
}

async function takeStep(
  { run, stage, tokenizer }: Reinforcement,
  step: number,
): Promise<PolicyStep> {
  try {
    return await policyStep(stage, step)
  } catch (error) {
    if (error instanceof NonFiniteStep) saveBatch(run, tokenizer, error)
    throw error
  }
}

function recordAndWatch(
  { run, tokenizer }: Reinforcement,
  done: PolicyStep,
  before: WatchState,
): WatchState {
  recordStep(run, done, tokenizer)
  const trajectories = done.groups.flatMap(({ members }) => members.map((one) => one.trajectory))
  const { state, warnings } = watchStep(before, stepMetrics(done), stopShares(trajectories))
  for (const warning of warnings) run.recordWarning(done.step, warning)
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

function save({ run, stage, plan, config }: Reinforcement, state: LoopState, value: number | null) {
  const weights = { learner: stage.learner.state() }
  saveCheckpoint(run.checkpoints, { step: state.step, value, config, state, weights }, plan.keep)
}
