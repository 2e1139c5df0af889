// Where a run stands: running, finished, interrupted or failed.

import { DamagedRowError, type Database } from './database.ts'
import { isAlive, ownIdentity, type ProcessIdentity } from './process-identity.ts'

const statuses = ['running', 'finished', 'interrupted', 'failed'] as const

export type RunStatus = (typeof statuses)[number]

export interface RunState {
  readonly status: RunStatus
  /** Why it failed, or how its interruption is known. */
  readonly message: string | null
  /** The loop that runs: train, sft, evaluate, ... */
  readonly command: string
  readonly process: ProcessIdentity
  /** Unix times, milliseconds. */
  readonly started: number
  readonly heartbeat: number
  readonly ended: number | null
  readonly step: number
  readonly totalSteps: number | null
}

/** A run on another machine whose heart has not beaten for so long is taken for dead. */
const silenceLimitMs = 15 * 60_000

interface Row {
  readonly status: RunStatus
  readonly message: string | null
  readonly command: string
  readonly host: string
  readonly pid: number
  readonly process_start: string | null
  readonly started: number
  readonly heartbeat: number
  readonly ended: number | null
  readonly step: number
  readonly total_steps: number | null
}

/** Null in a database whose writer died before it wrote anything. */
export function readState(database: Database): RunState | null {
  const row = database.prepare('SELECT * FROM run').get() as Row | undefined
  if (!row) return null
  if (!statuses.includes(row.status)) throw new DamagedRowError('the row of its state is damaged')
  const identity = { host: row.host, pid: row.pid, start: row.process_start }
  const state: RunState = {
    status: row.status,
    message: row.message,
    command: row.command,
    process: identity,
    started: row.started,
    heartbeat: row.heartbeat,
    ended: row.ended,
    step: row.step,
    totalSteps: row.total_steps,
  }
  return row.status === 'running' ? observed(state) : state
}

/** A run that says it is running, but whose process is gone, was interrupted. */
function observed(state: RunState): RunState {
  const alive = isAlive(state.process)
  const silence = Date.now() - state.heartbeat
  if (alive ?? silence < silenceLimitMs) return state
  const message =
    alive === false
      ? `process ${state.process.pid} ended without a word`
      : `nothing heard from ${state.process.host} for ${Math.round(silence / 60_000)} minutes`
  return { ...state, status: 'interrupted', message, ended: state.heartbeat }
}

export function insertState(
  database: Database,
  { command, totalSteps }: Pick<RunState, 'command' | 'totalSteps'>,
): void {
  const { host, pid, start } = ownIdentity()
  const now = Date.now()
  database
    .prepare("INSERT INTO run VALUES (0, 'running', NULL, ?, ?, ?, ?, ?, ?, NULL, 0, ?)")
    .run(command, host, pid, start, now, now, totalSteps)
}

/** Marks the run as running again, in this process. */
export function reviveState(database: Database, step: number): void {
  const { host, pid, start } = ownIdentity()
  database
    .prepare(
      `UPDATE run SET status = 'running', message = NULL, ended = NULL, heartbeat = ?,
       host = ?, pid = ?, process_start = ?, step = ?`,
    )
    .run(Date.now(), host, pid, start, step)
}

export function endState(database: Database, status: RunStatus, message: string | null): void {
  const now = Date.now()
  database
    .prepare('UPDATE run SET status = ?, message = ?, heartbeat = ?, ended = ?')
    .run(status, message, now, now)
}
