// A reward of its own: did the model call the tool, with dates that it could read?

import type { Attempt } from 'retool-rl'

/** 1 for a call that ran, 1/2 for one that was refused, 0 for none. */
export function asksWell({ trajectory }: Pick<Attempt, 'trajectory'>): number {
  const calls = trajectory.segments.filter((segment) => segment.author === 'tool')
  if (calls.length === 0) return 0
  return calls.some(({ output }) => output.ok) ? 1 : 0.5
}
