// What lists of runs show of each: state, progress, time left, last reward.

import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Database } from './database.ts'
import { listTags } from './note-query.ts'
import { type Damage, isRunFolder, RunReader } from './run-reader.ts'
import type { RunState } from './run-state.ts'

export interface RunOverview {
  readonly name: string
  readonly path: string
  /** Null where the database is missing or damaged. */
  readonly state: RunState | null
  readonly tags: readonly string[]
  readonly lastReward: number | null
  readonly lastAccuracy: number | null
  /** From the pace of the last steps; null where the run has ended or has no known end. */
  readonly secondsLeft: number | null
  readonly warnings: number
  readonly trajectories: number
  readonly damage: readonly Damage[]
}

/** The run folders in `root`, sorted by name; none where there is no such folder. */
export function listRunFolders(root: string): string[] {
  if (!existsSync(root)) return []
  return readdirSync(root)
    .map((name) => join(root, name))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isDirectory() && isRunFolder(path))
    .sort()
}

export function overviewOf(reader: RunReader): RunOverview {
  const state = reader.state()
  const numbers = reader.query(null, readNumbers)
  return {
    name: reader.name,
    path: reader.path,
    state,
    tags: reader.query([], listTags),
    lastReward: numbers?.reward ?? null,
    lastAccuracy: numbers?.accuracy ?? null,
    secondsLeft: state && reader.query(null, (database) => secondsLeft(database, state)),
    warnings: numbers?.warnings ?? 0,
    trajectories: numbers?.trajectories ?? 0,
    damage: reader.damage,
  }
}

/** Opens, looks and closes. */
export function overview(path: string): RunOverview {
  using reader = new RunReader(path)
  // Looked at for its damage alone.
  reader.config()
  return overviewOf(reader)
}

interface Numbers {
  readonly reward: number | null
  readonly accuracy: number | null
  readonly warnings: number
  readonly trajectories: number
}

/** Reward and accuracy are those of the last step whose trajectories were recorded. */
function readNumbers(database: Database): Numbers {
  return database
    .prepare(
      `SELECT
        (SELECT count(*) FROM warning) AS warnings,
        (SELECT count(*) FROM trajectory) AS trajectories,
        avg(reward) AS reward,
        avg(correct) AS accuracy
       FROM trajectory WHERE phase = 'train' AND step =
        (SELECT max(step) FROM trajectory WHERE phase = 'train') AND stop <> 'failed'`,
    )
    .get() as Numbers
}

/** Steps over which the pace is taken. */
const paceSteps = 20

function secondsLeft(database: Database, state: RunState): number | null {
  if (state.status !== 'running' || state.totalSteps === null || state.step === 0) return null
  const times = database
    .prepare(
      `SELECT min(time) AS time FROM metric
       WHERE name = (SELECT id FROM metric_name WHERE name NOT LIKE 'system/%' LIMIT 1)
       GROUP BY step ORDER BY step DESC LIMIT ?`,
    )
    .raw()
    .all(paceSteps + 1)
    .flat() as number[]
  const newest = times[0]
  const oldest = times.at(-1)
  const elapsed =
    times.length > 1 && newest !== undefined && oldest !== undefined
      ? (newest - oldest) / (times.length - 1)
      : (state.heartbeat - state.started) / state.step
  return ((state.totalSteps - state.step) * elapsed) / 1000
}
