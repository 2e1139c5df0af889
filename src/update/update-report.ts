// What an update measured.

import type { MiniBatchMeasure } from './policy-gradients.ts'
import type { PolicyUpdateOptions } from './policy-update.ts'
import type { PreparedTrajectory } from './prepared-trajectory.ts'
import { samplingGap } from './sampling-gap.ts'
import type { TokenMeasure } from './token-measure.ts'
import type { StepMeasure } from './weight-updater.ts'

/** Means are over trained tokens unless said otherwise; null where there was nothing to measure. */
export interface UpdateReport {
  /** Mean over optimizer steps of the loss of the mini-batch. */
  readonly loss: number
  /** Mean over optimizer steps of the gradient's length before clipping. */
  readonly gradientNorm: number
  /** Of the last optimizer step. */
  readonly learningRate: number
  readonly optimizerSteps: number
  readonly trajectories: number
  /** Trained tokens, each counted once per pass. */
  readonly tokens: number
  /** Share of tokens whose clipped term was the one that counted. */
  readonly clippedFraction: number | null
  readonly meanRatio: number | null
  /** To the reference policy, by the estimator of the KL term. */
  readonly kl: number | null
  readonly entropy: number | null
  /**
   * |rollout log-prob - old log-prob| of the tokens that the policy sampled, those of trajectories that
   * a limit cut off among them; what tools and prompts say has no log-probs. Near zero where one version
   * wrote and learns, at the same temperature and without cut-offs (topP, topK, minP).
   */
  readonly samplingGap: { readonly mean: number; readonly largest: number } | null
  /** Mean sampler correction; 1 without one. */
  readonly meanCorrection: number | null
  /** One for each trajectory, in the order in which they were given. */
  readonly perTrajectory: readonly TokenMeasure[]
}

export interface OptimizerStepMeasure {
  readonly trajectories: readonly PreparedTrajectory[]
  readonly measured: MiniBatchMeasure
  readonly taken: StepMeasure
}

/** The report of all optimizer steps of an update. */
export function updateReport(
  steps: readonly OptimizerStepMeasure[],
  options: PolicyUpdateOptions,
  perTrajectory: readonly TokenMeasure[],
): UpdateReport {
  const total = (of: (step: OptimizerStepMeasure) => number) =>
    steps.reduce((sum, step) => sum + of(step), 0)
  const tokens = total(({ measured }) => measured.tokens)
  const perToken = (sum: number) => (tokens === 0 ? null : sum / tokens)
  const first = steps[0]?.measured
  const passOne = steps.slice(0, Math.ceil(steps.length / options.passes))
  return {
    loss: total(({ measured }) => measured.loss) / Math.max(1, steps.length),
    gradientNorm: total(({ taken }) => taken.gradientNorm) / Math.max(1, steps.length),
    learningRate: steps.at(-1)?.taken.learningRate ?? 0,
    optimizerSteps: steps.length,
    trajectories: passOne.reduce((sum, { trajectories }) => sum + trajectories.length, 0),
    tokens,
    clippedFraction: perToken(total(({ measured }) => measured.clipped)),
    meanRatio: perToken(total(({ measured }) => measured.ratio)),
    kl: options.objective.kl ? perToken(total(({ measured }) => measured.kl)) : null,
    entropy: first && first.entropy !== null ? first.entropy / Math.max(1, first.tokens) : null,
    samplingGap: gapOf(passOne),
    meanCorrection: meanCorrection(passOne),
    perTrajectory,
  }
}

/**
 * Of the log-probs before the update: recomputed ones, else those of its first forward, which only the
 * first mini-batch has.
 */
function gapOf(steps: readonly OptimizerStepMeasure[]): UpdateReport['samplingGap'] {
  const rows = steps.flatMap(({ trajectories, measured }, step) =>
    trajectories.flatMap(({ rollout, old, mask }, index) => {
      const first = step === 0 ? measured.logprobs[index] : null
      const before = old && old !== rollout ? old : first
      return rollout && before ? [{ rollout, before, mask: withoutFirst(mask) }] : []
    }),
  )
  return samplingGap(
    rows.map(({ rollout }) => rollout),
    rows.map(({ before }) => before),
    rows.map(({ mask }) => mask),
  )
}

/** The first token of a sequence is never predicted. */
function withoutFirst(mask: ArrayLike<number>): number[] {
  return Array.from(mask, (one, token) => (token === 0 ? 0 : one))
}

function meanCorrection(steps: readonly OptimizerStepMeasure[]): number | null {
  let sum = 0
  let count = 0
  for (const { weights, mask } of steps.flatMap(({ trajectories }) => trajectories)) {
    for (let token = 1; token < mask.length; token++) {
      if (!mask[token]) continue
      sum += weights ? (weights[token] ?? 0) : 1
      count += 1
    }
  }
  return count === 0 ? null : sum / count
}
