// A problem and its trajectories, kept together so that nobody zips by index.

import type { Problem } from '../data/problem.ts'
import type { Trajectory } from '../trajectory/trajectory.ts'

/** Trajectories in the order of their numbers, not of their ends. */
export interface Group {
  readonly problem: Problem
  readonly trajectories: readonly Trajectory[]
}
