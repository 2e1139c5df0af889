// A reward of its own: did the model call the tool, with dates that it could read?

import type { Attempt } from 'retool-rl'

/**
 * 1 for a call that ran, 1/2 for one that was refused, 1/4 for naming the tool alone, 0 for nothing
 * of it: a model that never calls has something to climb.
 */
export function asksWell({ trajectory, turns }: Pick<Attempt, 'trajectory' | 'turns'>): number {
  const calls = trajectory.segments.filter((segment) => segment.author === 'tool')
  if (calls.some(({ output }) => output.ok)) return 1
  if (calls.length > 0) return 0.5
  return turns.some((turn) => turn.includes('days_between')) ? 0.25 : 0
}
