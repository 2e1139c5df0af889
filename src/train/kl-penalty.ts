// A KL estimate to the reference policy, taken off the token rewards.

import type { Penalized } from '../advantage/advantage.ts'
import { type KlEstimator, klEstimate } from '../advantage/kl-estimate.ts'
import type { ScoredGroup } from '../reward/reward.ts'
import { trainingSequence } from '../update/batch.ts'
import type { Learner } from '../update/learner.ts'

export interface KlPenaltyOptions {
  readonly estimator: KlEstimator
  readonly coefficient: number
}

export interface PenalizedGroups {
  readonly groups: readonly ScoredGroup<Penalized>[]
  /** Mean estimate over the tokens that the policy wrote, of trajectories that did not fail. */
  readonly kl: number
}

/** Scores all trajectories under the present weights and under the learner's reference. */
export function penalize(
  groups: readonly ScoredGroup[],
  learner: Pick<Learner, 'score' | 'referenceScore'>,
  temperature: number,
  { estimator, coefficient }: KlPenaltyOptions,
): PenalizedGroups {
  const members = groups.flatMap((group) => group.members)
  const sequences = members.map(({ trajectory }) => trainingSequence(trajectory))
  const own = learner.score(sequences, temperature).logprobs
  const reference = learner.referenceScore(sequences, temperature)?.logprobs
  if (!reference) throw new Error('defect: a KL penalty without a reference')
  let sum = 0
  let tokens = 0
  const penalties = sequences.map(({ mask }, row) => {
    const kl = klEstimate(estimator, own[row] ?? [], reference[row] ?? [], mask)
    const { kind } = members[row]?.trajectory.stop ?? {}
    if (kind !== 'failed' && kind !== 'cancelled') {
      sum += kl.reduce((total, value) => total + value, 0)
      tokens += Array.from(mask).filter(Boolean).length
    }
    return Float32Array.from(kl, (value) => coefficient * value)
  })
  let next = 0
  const penalized = groups.map(({ problem, members: own }) => ({
    problem,
    members: own.map((scored): Penalized => {
      const klPenalty = penalties[next++] ?? new Float32Array(0)
      return { ...scored, klPenalty }
    }),
  }))
  return { groups: penalized, kl: sum / Math.max(1, tokens) }
}
