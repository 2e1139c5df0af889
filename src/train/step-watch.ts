// Looks at the numbers of each step for what goes wrong without stopping a run.

import type { RunWarning } from '../run/folder.ts'

/** What the watch remembers; part of a checkpoint. The newest value is last. */
export interface WatchState {
  readonly accuracy: readonly number[]
  readonly withSpread: readonly number[]
  readonly gradientNorm: readonly number[]
  /** Running mean of the share of trajectories that call a tool, and the highest it ever was. */
  readonly toolUse: number | null
  readonly highestToolUse: number
}

export const watchStart: WatchState = {
  accuracy: [],
  withSpread: [],
  gradientNorm: [],
  toolUse: null,
  highestToolUse: 0,
}

/** Steps that are looked back upon. */
const memory = 10
/** A limit that ends more than this share of the trajectories decides what is learnt. */
const limitShare = 0.5
/** A gradient this many times the median of the last ones. */
const explosion = 10
/** Tool use that is worth fading, and how much of its highest is left when it has. */
const notableToolUse = 0.2
const fadedShare = 0.5
/** Mean |rollout log-prob - old log-prob| above this makes updates off-policy. */
const largestGap = 0.05

/**
 * The next state and the warnings of a step, from its metrics by name and the shares of stops
 * (`stopShares`). A warning that lasts is repeated only every ten steps, by those that need as many.
 */
export function watchStep(
  state: WatchState,
  metrics: Readonly<Record<string, number>>,
  stops: Readonly<Record<string, number>>,
): { readonly state: WatchState; readonly warnings: readonly RunWarning[] } {
  const used = toolUse(state, metrics['rollout/code-ratio'])
  const learnt = rewards(state, metrics)
  const gradient = metrics['update/gradient-norm']
  const gradientNorm =
    gradient === undefined ? state.gradientNorm : last([...state.gradientNorm, gradient])
  const warnings = [
    ...limitsThatDominate(stops),
    ...explodingGradient(state.gradientNorm, gradient),
    // Of trajectories from before an update it tells how far the policy moved, not who is wrong.
    ...((metrics['rollout/staleness'] ?? 0) > 0 ? [] : samplingGap(metrics['update/sampling-gap'])),
    ...(used.hasFaded ? [fadingToolUse(used.toolUse, state.highestToolUse)] : []),
    ...(learnt.isStuck ? [stuckReward(learnt.accuracy.at(-1) ?? 0)] : []),
  ]
  // A stuck reward is said once every `memory` steps.
  const { accuracy, withSpread } = learnt.isStuck ? watchStart : learnt
  const { toolUse: share, highest: highestToolUse } = used
  return {
    warnings,
    state: { accuracy, withSpread, gradientNorm, toolUse: share, highestToolUse },
  }
}

function limitsThatDominate(stops: Readonly<Record<string, number>>): RunWarning[] {
  return Object.entries(stops)
    .filter(([name, share]) => name.startsWith('limit/') && share > limitShare)
    .map(([name, share]) => ({
      name: 'limit',
      message: `${name} ended ${percent(share)} of the trajectories; raise it, or learn little`,
    }))
}

function explodingGradient(before: readonly number[], now: number | undefined): RunWarning[] {
  const usual = median(before)
  if (now === undefined || before.length < 5 || now <= explosion * usual) return []
  const message = `the gradient's length is ${now.toPrecision(3)}, usual is ${usual.toPrecision(3)}; its batch is among the trajectories of this step`
  return [{ name: 'gradient', message }]
}

function samplingGap(gap: number | undefined): RunWarning[] {
  if (gap === undefined || gap <= largestGap) return []
  const message = `engine and learner disagree by ${gap.toPrecision(3)} per log-prob`
  return [{ name: 'sampling-gap', message }]
}

function fadingToolUse(now: number, highest: number): RunWarning {
  const message = `tool use fades: ${percent(now)} of the trajectories call, it was ${percent(highest)}`
  return { name: 'tool-use', message }
}

function stuckReward(accuracy: number): RunWarning {
  const message = `no group of the last ${memory} steps had spread, accuracy is stuck at ${percent(accuracy)}; choose easier or harder problems`
  return { name: 'reward', message }
}

function toolUse(state: WatchState, ratio: number | undefined) {
  const before = state.toolUse
  const now = ratio === undefined ? before : before === null ? ratio : 0.7 * before + 0.3 * ratio
  const hasFaded =
    now !== null && state.highestToolUse > notableToolUse && now < fadedShare * state.highestToolUse
  // Said once: what is left of it is the new highest.
  const highest = hasFaded ? now : Math.max(state.highestToolUse, now ?? 0)
  return { toolUse: now ?? 0, highest, hasFaded }
}

function rewards(state: WatchState, metrics: Readonly<Record<string, number>>) {
  const accuracy = last([...state.accuracy, metrics['reward/accuracy'] ?? 0])
  const withSpread = last([...state.withSpread, metrics['groups/with-spread'] ?? 0])
  const isStuck = withSpread.length === memory && withSpread.every((count) => count === 0)
  return { accuracy, withSpread, isStuck }
}

function last(values: readonly number[]): readonly number[] {
  return values.slice(-memory)
}

function median(values: readonly number[]): number {
  const ordered = [...values].sort((a, b) => a - b)
  return ordered[Math.floor(ordered.length / 2)] ?? 0
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`
}
