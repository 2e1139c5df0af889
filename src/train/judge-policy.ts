// One attempt at each held-out problem, judged, with what the table of the quickstart shows.

import type { Problem } from '../data/problem.ts'
import { type Estimate, estimate } from '../evaluate/bootstrap.ts'
import { responseLength } from '../reward/attempt.ts'
import type { Scored, ScoredGroup } from '../reward/reward.ts'
import type { Rewarder } from '../reward/rewarder.ts'
import type { RolloutOptions } from '../rollout/options.ts'
import { rollout } from '../rollout/rollout.ts'
import type { TokenId } from '../trajectory/segment.ts'
import { callsOf } from './record-step.ts'

export interface Judged {
  readonly groups: readonly ScoredGroup[]
  /** Text of the trajectories' tokens. */
  readonly decode: (tokens: readonly TokenId[]) => string
  /** Accuracy over the problems of demonstrated families, of the others, and of all. */
  readonly accuracy: Readonly<Record<'demonstrated' | 'others' | 'all', Estimate>>
  readonly callsPerTrajectory: number
  /** Share of calls that ran without error; null without calls. */
  readonly codePassRate: number | null
  readonly meanTokens: number
}

export interface JudgeOptions {
  readonly rollout: RolloutOptions
  readonly reward: Rewarder
  readonly demonstrated: ReadonlySet<string>
  readonly decode: (tokens: readonly TokenId[]) => string
  readonly onProgress: (judged: number) => void
}

export async function judgePolicy(
  problems: readonly Problem[],
  options: JudgeOptions,
): Promise<Judged> {
  const groups: ScoredGroup[] = []
  for await (const group of rollout(problems, options.rollout)) {
    groups.push(await options.reward(group))
    options.onProgress(groups.length)
  }
  return { ...summary(groups, options.demonstrated), decode: options.decode }
}

function summary(
  groups: readonly ScoredGroup[],
  demonstrated: ReadonlySet<string>,
): Omit<Judged, 'decode'> {
  const accuracyOf = (chosen: readonly ScoredGroup[]) =>
    estimate(
      chosen.flatMap(({ members }) => {
        const judged = members.filter(({ reward }) => reward.correct !== null)
        const right = judged.filter(({ reward }) => reward.correct).length
        return judged.length === 0 ? [] : [right / judged.length]
      }),
    )
  const members = groups.flatMap((group) => group.members)
  const outputs = members.flatMap(outputsOf)
  const average = (values: readonly number[]) =>
    values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)
  return {
    groups,
    accuracy: {
      demonstrated: accuracyOf(groups.filter(({ problem }) => demonstrated.has(problem.source))),
      others: accuracyOf(groups.filter(({ problem }) => !demonstrated.has(problem.source))),
      all: accuracyOf(groups),
    },
    callsPerTrajectory: average(members.map(callsOf)),
    codePassRate: outputs.length === 0 ? null : average(outputs.map(Number)),
    meanTokens: average(members.map(({ trajectory }) => responseLength(trajectory))),
  }
}

/** Whether each call that was carried out ended well. */
function outputsOf({ trajectory }: Scored): boolean[] {
  return trajectory.segments.flatMap((segment) =>
    segment.author === 'tool' && segment.output.status !== 'malformed' ? [segment.output.ok] : [],
  )
}
