// Reward weights that change as training goes on.

import type { Weights } from './rewarder.ts'

/** One stretch of training with its own reward weights; parts not named weigh nothing. */
export interface Stage {
  readonly name: string
  /** By part name, in place of the parts' own. */
  readonly weights: Weights
  /** When the next stage begins; the last stage has none. A metric must hold for `steps` in a row. */
  readonly until?:
    | { readonly kind: 'steps'; readonly steps: number }
    | {
        readonly kind: 'metric'
        readonly metric: string
        readonly atLeast: number
        readonly steps: number
      }
}

/** Where a run stands in its curriculum; part of a checkpoint. */
export interface CurriculumState {
  readonly stage: number
  /** Steps in this stage, or steps in a row in which its metric was reached. */
  readonly steps: number
}

export const curriculumStart: CurriculumState = { stage: 0, steps: 0 }

/** The state after a step with these metrics. A metric that is absent was not reached. */
export function nextCurriculumState(
  stages: readonly Stage[],
  state: CurriculumState,
  metrics: Readonly<Record<string, number>>,
): CurriculumState {
  const until = stages[state.stage]?.until
  if (!until || state.stage >= stages.length - 1) return { ...state, steps: state.steps + 1 }
  const counts =
    until.kind === 'steps' || (metrics[until.metric] ?? Number.NEGATIVE_INFINITY) >= until.atLeast
  const steps = counts ? state.steps + 1 : 0
  return steps >= until.steps ? { stage: state.stage + 1, steps: 0 } : { ...state, steps }
}

/**
 * Format first, then code that runs, then right answers, then right answers that are short. Each
 * stage lasts `stepsPerStage` steps, or with `reached` until what it is about (the share of right
 * forms, of calls that run, of right answers) was at least so high in as many steps in a row; the
 * last one stays.
 */
export function fourStages(stepsPerStage: number, reached: number | null = null): readonly Stage[] {
  const until = (metric: string): NonNullable<Stage['until']> =>
    reached === null
      ? { kind: 'steps', steps: stepsPerStage }
      : { kind: 'metric', metric, atLeast: reached, steps: stepsPerStage }
  const [form, runs, right] = [
    until('reward-part/format'),
    until('reward-part/codeRuns'),
    until('reward/accuracy'),
  ]
  return [
    { name: 'format', weights: { format: 1, outcome: 0.25 }, until: form },
    { name: 'execution', weights: { format: 0.5, codeRuns: 1, outcome: 0.5 }, until: runs },
    { name: 'accuracy', weights: { format: 0.1, codeRuns: 0.1, outcome: 1 }, until: right },
    { name: 'refinement', weights: { outcome: 1, length: 0.1, codeTiming: 0.1 } },
  ]
}
