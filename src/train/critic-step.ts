// What PPO adds to a step: values before the advantages, and a critic that learns from the returns.

import type { AdvantageEstimator, Estimate, Penalized, Valued } from '../advantage/advantage.ts'
import type { RandomStream } from '../base/random.ts'
import type { Scored, ScoredGroup } from '../reward/reward.ts'
import { trainingSequence } from '../update/batch.ts'
import type { Critic, CriticReport, CriticUpdateOptions } from '../update/critic.ts'

export interface CriticStage {
  readonly critic: Critic
  readonly advantage: AdvantageEstimator<Valued>
  readonly update: CriticUpdateOptions
  /** Steps in which only the critic learns. */
  readonly warmUpSteps: number
}

export interface CriticStep extends Estimate {
  readonly critic: CriticReport
  /** Of the critic before it learnt; one row for each credited trajectory. */
  readonly values: readonly Float32Array[]
}

/** Values, advantages, and one fit of the critic. */
export function criticStep(
  { critic, advantage, update }: CriticStage,
  groups: readonly ScoredGroup<Scored | Penalized>[],
  shuffle: RandomStream,
): CriticStep {
  const members = groups.flatMap((group) => group.members)
  const rows = critic.values(members.map(({ trajectory }) => trainingSequence(trajectory)))
  const values = new Map(members.map(({ trajectory }, row) => [trajectory.id, rows[row]]))
  const valuesOf = ({ trajectory }: Scored) => values.get(trajectory.id) ?? new Float32Array(0)
  const valued = groups.map(({ problem, members: own }) => ({
    problem,
    members: own.map((scored): Valued => ({ ...scored, values: valuesOf(scored) })),
  }))
  const estimate = advantage(valued)
  const oldValues = estimate.credited.map(valuesOf)
  const report = critic.fit(estimate.credited, oldValues, update, shuffle)
  return { ...estimate, critic: report, values: oldValues }
}
