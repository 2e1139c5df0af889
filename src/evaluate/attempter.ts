// Who attempts a problem: a policy that is given tokens, or a model that is talked to in messages.

import type { Problem } from '../data/problem.ts'
import { responseLength } from '../reward/attempt.ts'
import type { TrajectoryOptions } from '../rollout/options.ts'
import { rolloutOne } from '../rollout/rollout-one.ts'
import type { TokenId } from '../trajectory/segment.ts'
import type { Trajectory } from '../trajectory/trajectory.ts'

export interface AttemptName {
  /** Names the attempt's random streams. */
  readonly id: string
  /** Shared by the attempts at one problem. */
  readonly group: string
}

export interface Attempted {
  readonly trajectory: Trajectory
  /** Tokens after the first context; null where nobody counted. */
  readonly tokens: number | null
}

export interface Attempter {
  /** What happens to the attempt is in its trajectory; a mistake of the user is thrown. */
  attempt(problem: Problem, name: AttemptName, signal?: AbortSignal): Promise<Attempted>
  decode(tokens: readonly TokenId[]): Promise<string> | string
}

/** Rolls out with a policy; the options' seed decides all attempts. */
export function policyAttempter(options: Omit<TrajectoryOptions, 'signal'>): Attempter {
  return {
    async attempt({ id: problemId, question }, name, signal) {
      const rolledOut = signal ? { ...options, signal } : options
      const trajectory = await rolloutOne({ ...name, problemId, question }, rolledOut)
      return { trajectory, tokens: responseLength(trajectory) }
    },
    decode: (tokens) => options.codec.decode(tokens),
  }
}
