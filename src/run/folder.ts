// The run folder, as the loop that fills it sees it. Everything that people look at later goes
// through here; `RunReader` reads it back, also while it is being written.
//
//   using run = RunFolder.create('runs/tiny', { command: 'train', config, totalSteps: 100 })
//   run.recordMetrics(1, { 'reward/mean': 0.25 }, { tokens: 4096 })
//   run.finish()

import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { type Logger, pino } from 'pino'
import { UserError } from '../base/errors.ts'
import { type Database, openDatabase, transaction } from './database.ts'
import { environment } from './environment.ts'
import { layout } from './layout.ts'
import { MetricWriter } from './metric-writer.ts'
import { endState, insertState, type RunStatus, readState, reviveState } from './run-state.ts'
import { SystemLoad } from './system-load.ts'
import { type ScalarEvent, TensorboardWriter } from './tensorboard-writer.ts'
import type { TrajectoryRecord } from './trajectory-record.ts'
import { TrajectoryWriter } from './trajectory-writer.ts'

export interface RunStart {
  /** The loop that runs: train, sft, evaluate, ... */
  readonly command: string
  /** Everything that decides the run; plain JSON; written before anything starts. */
  readonly config: unknown
  /** Null where the end is not known beforehand. */
  readonly totalSteps: number | null
  /** What only the caller knows: versions of libtorch and Python, device, sandbox tier. */
  readonly environment?: Readonly<Record<string, unknown>>
}

export interface RunWarning {
  /** A short fixed name, such as `truncation`, by which warnings are counted. */
  readonly name: string
  readonly message: string
  /** Id of the trajectory where it was seen. */
  readonly trajectory?: string
}

const heartbeatMs = 5_000
const beatsPerLook = 3

// A transaction writes a page for each metric name, so a fast loop gathers a few steps first.
const patienceMs = 250
const patienceValues = 5_000

interface PendingMetrics extends ScalarEvent {
  readonly tokens: number | null
}

export class RunFolder {
  readonly path: string
  /** Structured log, one JSON object a line, in the folder's log.jsonl. */
  readonly log: Logger
  readonly #database: Database
  readonly #metrics: MetricWriter
  readonly #trajectories: TrajectoryWriter
  readonly #tensorboard: TensorboardWriter
  readonly #heart: NodeJS.Timeout
  #step: number
  /** All that was said to be processed so far. */
  #tokens: number
  #open = true
  readonly #pending: PendingMetrics[] = []
  #pendingValues = 0
  #flushed = 0
  #flushTimer: NodeJS.Timeout | undefined

  private constructor(path: string, database: Database, step: number) {
    const paths = layout(path)
    this.path = path
    this.#database = database
    this.#step = step
    this.#tokens = tokensSoFar(database)
    this.#metrics = new MetricWriter(database)
    this.#trajectories = new TrajectoryWriter(database)
    this.#tensorboard = new TensorboardWriter(paths.events, Date.now())
    this.log = pino({ base: null }, pino.destination({ dest: paths.log, sync: true }))
    this.#heart = this.#startHeart()
  }

  /**
   * Makes `path` with the frozen configuration, the environment and an empty database.
   * Throws UserError where it exists already.
   */
  static create(path: string, start: RunStart): RunFolder {
    const paths = layout(path)
    mkdirSync(dirname(path), { recursive: true })
    try {
      mkdirSync(path)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      throw new UserError(
        `${path}: expected a new run folder, found one that exists; ` +
          `choose another name, go on with --resume, or delete it: retool-rl runs delete ${basename(path)}`,
      )
    }
    mkdirSync(paths.checkpoints)
    writeJson(paths.config, start.config)
    writeJson(paths.environment, environment(start.environment))
    const database = openDatabase(paths.database)
    insertState(database, start)
    return new RunFolder(path, database, 0)
  }

  /**
   * Goes on with a run from its checkpoint of step `afterStep`: what was recorded of later steps
   * is removed, since these steps are run again. Throws UserError where there is no such run or
   * another process still writes it.
   */
  static resume(path: string, afterStep: number): RunFolder {
    const paths = layout(path)
    if (!existsSync(paths.database)) {
      throw new UserError(
        `${path}: expected a run folder to resume, found no ${basename(paths.database)}`,
      )
    }
    const database = openDatabase(paths.database)
    const state = readState(database)
    if (state?.status === 'running') {
      database.close()
      throw new UserError(
        `${path}: process ${state.process.pid} still writes this run; stop it first`,
      )
    }
    removeAfter(database, afterStep)
    reviveState(database, afterStep)
    return new RunFolder(path, database, afterStep)
  }

  /** Where checkpoints go, one entry for each. */
  get checkpoints(): string {
    return layout(this.path).checkpoints
  }

  /**
   * One number for each name, at one step; a name may be given again within a step.
   * Names are grouped by their part before the slash: `reward/mean`, `update/entropy`.
   * `tokens` are those processed since the last time that some were given; they are added up.
   */
  recordMetrics(
    step: number,
    values: Readonly<Record<string, number>>,
    { tokens }: { readonly tokens?: number } = {},
  ): void {
    if (!Number.isSafeInteger(step) || step < 0) throw new Error(`defect: step ${step}`)
    if (tokens !== undefined) this.#tokens += tokens
    const sum = tokens === undefined ? null : this.#tokens
    this.#pending.push({ step, values, tokens: sum, time: Date.now() })
    this.#pendingValues += Object.keys(values).length
    const waited = Date.now() - this.#flushed
    if (waited >= patienceMs || this.#pendingValues >= patienceValues) this.flush()
    else this.#flushTimer ??= setTimeout(() => this.flush(), patienceMs).unref()
  }

  /** Writes the metrics of the last moment; otherwise they wait a quarter of a second at most. */
  flush(): void {
    clearTimeout(this.#flushTimer)
    this.#flushTimer = undefined
    this.#flushed = Date.now()
    const pending = this.#pending.splice(0)
    this.#pendingValues = 0
    if (pending.length === 0) return
    this.#metrics.write(
      pending.flatMap(({ step, values, tokens, time }) =>
        Object.entries(values).map(([name, value]) => ({ step, name, value, time, tokens })),
      ),
    )
    this.#tensorboard.write(pending)
    this.#reach(Math.max(...pending.map(({ step }) => step)))
  }

  /** A trajectory recorded before (same phase, step and id) is replaced. */
  recordTrajectories(step: number, records: readonly TrajectoryRecord[]): void {
    this.flush()
    this.#trajectories.write(step, records)
    this.#reach(step)
  }

  recordWarning(step: number, { name, message, trajectory }: RunWarning): void {
    this.#database
      .prepare('INSERT INTO warning (step, time, name, message, trajectory) VALUES (?, ?, ?, ?, ?)')
      .run(step, Date.now(), name, message, trajectory ?? null)
    this.log.warn({ step, name, trajectory }, message)
  }

  /** `report` is plain JSON; `name` says on what, such as `aime-2024`. */
  recordEvaluation(step: number, name: string, report: unknown): void {
    this.#database
      .prepare('INSERT INTO evaluation (step, time, name, report) VALUES (?, ?, ?, ?)')
      .run(step, Date.now(), name, JSON.stringify(report))
  }

  /** All went to its end. */
  finish(): void {
    this.#end('finished', null)
  }

  /** Stopped by a person; it can go on. */
  interrupt(): void {
    this.#end('interrupted', 'stopped from outside')
  }

  fail(error: unknown): void {
    try {
      this.log.error({ err: error }, 'the run failed')
    } finally {
      this.#end('failed', error instanceof Error ? error.message : String(error))
    }
  }

  /** Safe after any ending; a run that nobody ended counts as interrupted. */
  [Symbol.dispose](): void {
    this.#end('interrupted', 'left before its end')
  }

  #end(status: RunStatus, message: string | null): void {
    if (!this.#open) return
    // Also where a full disk takes no more words: a run of a process that is gone is interrupted.
    this.#open = false
    clearInterval(this.#heart)
    try {
      this.flush()
      endState(this.#database, status, message)
      this.#tensorboard.close()
      // So that a copy of run.db alone, without its -wal, holds everything.
      this.#database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    } finally {
      clearTimeout(this.#flushTimer)
      this.#database.close()
    }
    this.log.info({ status }, 'the run ended')
  }

  #reach(step: number): void {
    if (step <= this.#step) return
    this.#step = step
    this.#database.prepare('UPDATE run SET step = ?, heartbeat = ?').run(step, Date.now())
  }

  #startHeart(): NodeJS.Timeout {
    const load = new SystemLoad()
    const beat = this.#database.prepare('UPDATE run SET heartbeat = ?')
    let beats = 0
    const heart = setInterval(() => {
      beat.run(Date.now())
      beats += 1
      if (beats % beatsPerLook === 0) this.recordMetrics(this.#step, load.look())
    }, heartbeatMs)
    return heart.unref()
  }
}

/** By the last number that says so; after a resume those that were removed do not count. */
function tokensSoFar(database: Database): number {
  const row = database.prepare('SELECT max(tokens) AS tokens FROM metric').get()
  return (row as { tokens: number | null }).tokens ?? 0
}

/** Whole or not at all, also when the process is killed meanwhile. */
function writeJson(path: string, value: unknown): void {
  writeFileSync(`${path}.part`, `${JSON.stringify(value, null, 2)}\n`)
  renameSync(`${path}.part`, path)
}

function removeAfter(database: Database, step: number): void {
  transaction(database, () => {
    const later = '(SELECT row FROM trajectory WHERE step > ?)'
    database.prepare(`DELETE FROM trajectory_text WHERE rowid IN ${later}`).run(step)
    database.prepare(`DELETE FROM trajectory_body WHERE row IN ${later}`).run(step)
    for (const table of ['trajectory', 'metric', 'warning', 'evaluation']) {
      database.prepare(`DELETE FROM ${table} WHERE step > ?`).run(step)
    }
  })
}
