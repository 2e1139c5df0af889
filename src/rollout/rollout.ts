// Many problems, many trajectories each: groups come out as they are complete, or in order.

import type { Problem } from '../data/problem.ts'
import type { Group } from './group.ts'
import { GroupPool } from './group-pool.ts'
import type { RolloutOptions } from './options.ts'

/**
 * Rolls out `groupSize` trajectories for each problem. Problems are taken only as fast as groups
 * are, so that both ends may be endless. After an abort every group that was begun still comes,
 * its open members `cancelled`; then the signal's reason is thrown. Leaving the loop early cancels
 * what is in flight. Throws InfrastructureError `too_many_failures` above the threshold.
 */
export async function* rollout(
  problems: Iterable<Problem> | AsyncIterable<Problem>,
  options: RolloutOptions,
): AsyncGenerator<Group, void, undefined> {
  await using pool = new GroupPool(problems, options)
  for (;;) {
    const group = await pool.next()
    if (!group) return
    yield group
  }
}
