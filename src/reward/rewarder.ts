// From the trajectories of a group to scored ones.

import { InfrastructureError } from '../base/errors.ts'
import type { Problem } from '../data/problem.ts'
import type { Failure, Trajectory } from '../trajectory/trajectory.ts'
import { type Attempt, type AttemptReader, readAttempt } from './attempt.ts'
import type { Scored, ScoredGroup } from './reward.ts'
import type { RewardPart, WeightedPart } from './reward-part.ts'

/** A problem with its trajectories. */
export interface UnscoredGroup {
  readonly problem: Problem
  readonly trajectories: readonly Trajectory[]
}

/** Weights by part name that replace the parts' own for one call: a curriculum's stage. */
export type Weights = Readonly<Record<string, number>>

/** Scores a group. Never rejects for what a trajectory, a grader or a user's function did. */
export type Rewarder = (group: UnscoredGroup, weights?: Weights) => Promise<ScoredGroup>

type Values = ReadonlyMap<string, number>

/**
 * A rewarder over `parts`. A trajectory that failed before gets no reward and enters no group
 * function; one whose judging fails (a lost grader, a user's function that throws or returns no
 * number) becomes a failed trajectory at the border `reward`, with the cause in its message.
 */
export function rewarder(parts: readonly WeightedPart[], reader: AttemptReader): Rewarder {
  return async ({ problem, trajectories }, weights) => {
    const read = await Promise.all(
      trajectories.map((trajectory) =>
        usable(trajectory)
          ? caught(() => readAttempt(problem, trajectory, reader))
          : Promise.resolve(null),
      ),
    )
    const attempts = read.flatMap((one) => (one && 'result' in one ? [one.result] : []))
    const scored = await scoredAttempts(parts, attempts, weights)
    let next = 0
    const members = trajectories.map((trajectory, index): Scored => {
      const one = read[index]
      if (!one) return unscored(trajectory)
      if ('failure' in one) return failed(trajectory, one.failure)
      return scored[next++] ?? unscored(trajectory)
    })
    return { problem, members }
  }
}

function usable({ stop }: Trajectory): boolean {
  return stop.kind !== 'failed' && stop.kind !== 'cancelled'
}

type Caught<T> = { readonly result: T } | { readonly failure: Failure }

/** The border: what is thrown in judging becomes a value. */
async function caught<T>(action: () => T | Promise<T>): Promise<Caught<T>> {
  try {
    return { result: await action() }
  } catch (error) {
    const kind = error instanceof InfrastructureError ? error.kind : 'rewardFunction'
    const message = error instanceof Error ? error.message : String(error)
    return { failure: { border: 'reward', kind, message } }
  }
}

async function scoredAttempts(
  parts: readonly WeightedPart[],
  attempts: readonly Attempt[],
  weights: Weights | undefined,
): Promise<Scored[]> {
  const columns = await Promise.all(parts.map(({ part }) => column(part, attempts)))
  return attempts.map(({ trajectory, answer, judgement }, row) => {
    const values = new Map<string, number>()
    for (const [index, { part }] of parts.entries()) {
      const one = columns[index]?.[row]
      if (one && 'failure' in one) return failed(trajectory, one.failure)
      if (one) values.set(part.name, one.result)
    }
    const total = weightedSum(parts, values, weights)
    const { correct } = judgement
    const judged = { answer, judgement }
    return { trajectory, reward: { total, parts: Object.fromEntries(values), correct, judged } }
  })
}

function weightedSum(
  parts: readonly WeightedPart[],
  values: Values,
  weights: Weights | undefined,
): number {
  return parts.reduce((sum, { part, weight }) => {
    const used = weights ? (weights[part.name] ?? 0) : weight
    return sum + used * (values.get(part.name) ?? 0)
  }, 0)
}

/** One part's values for all attempts. */
async function column(
  part: RewardPart,
  attempts: readonly Attempt[],
): Promise<readonly Caught<number>[]> {
  if (part.per === 'trajectory') {
    return Promise.all(
      attempts.map((attempt) => caught(async () => finite(part, await part.value(attempt)))),
    )
  }
  if (attempts.length === 0) return []
  const all = await caught(async () => {
    const values = await part.values(attempts)
    if (values.length === attempts.length) return values.map((value) => finite(part, value))
    throw new Error(`${part.name}: ${values.length} rewards for ${attempts.length} attempts`)
  })
  return attempts.map((_, row) => ('result' in all ? { result: all.result[row] ?? 0 } : all))
}

function finite(part: RewardPart, value: number): number {
  if (Number.isFinite(value)) return value
  throw new Error(`${part.name}: expected a finite number, found ${String(value)}`)
}

function unscored(trajectory: Trajectory): Scored {
  return { trajectory, reward: { total: 0, parts: {}, correct: null } }
}

function failed(trajectory: Trajectory, failure: Failure): Scored {
  return unscored({ ...trajectory, stop: { kind: 'failed', failure } })
}
