// Workers on this machine behind one queue. Every promise settles, exactly once.

import { InfrastructureError, UserError } from '../../base/errors.ts'
import { Conversation, type SessionLimits } from '../conversation.ts'
import { Job } from '../job.ts'
import { least } from '../least.ts'
import { type CheckedProgram, checkedProgram } from '../program.ts'
import type { Execution, Limits, Program, Sandbox, SandboxSession, Tier } from '../sandbox.ts'
import { WaitingQueue } from '../waiting-queue.ts'
import { endedExecution } from './ended.ts'
import { Quarantine } from './quarantine.ts'
import { WorkerPlace } from './worker-place.ts'
import { WorkerProcess } from './worker-process.ts'
import { type CellPlace, openHeader, runRequest } from './worker-request.ts'
import type { WorkerSettings } from './worker-settings.ts'

const lossesForgiven = 1
const closing = 'the sandbox was closed'
const quarantined = 'this program took down two sandbox workers and is not run again'

export interface LocalPoolOptions {
  readonly tier: Tier
  readonly settings: WorkerSettings
  readonly workers: number
  readonly slots: number
  readonly queueLength: number
  readonly recycleAfter: number
  readonly limits: Limits
  readonly outputCharacters: number | undefined
  readonly session: SessionLimits
  readonly onWorkerLost: (why: string) => void
}

/** The session to which a cell belongs, and the worker that holds it. */
interface CellHome extends CellPlace {
  readonly place: WorkerPlace
  readonly worker: WorkerProcess
}

export interface PoolState {
  /** Process ids of the supervisors. */
  readonly pids: readonly number[]
  readonly workers: number
  readonly running: number
  readonly queued: number
  readonly freeSlots: number
  readonly sessions: number
}

export class LocalPool implements Sandbox {
  readonly tier: Tier
  private readonly places: readonly WorkerPlace[]
  private readonly queue: WaitingQueue<Job<CellHome>>
  private readonly quarantine = new Quarantine()
  /** Sessions whose cell has not ended in the worker, though it may be settled here. */
  private readonly busySessions = new Set<number>()
  private lastId = 0
  private closed = false

  private constructor(private readonly options: LocalPoolOptions) {
    this.tier = options.tier
    this.queue = new WaitingQueue(options.queueLength)
    const placeOptions = {
      start: () => WorkerProcess.start(options.settings),
      slots: options.slots,
      recycleAfter: options.recycleAfter,
      onReady: () => this.dispatch(),
      onLost: options.onWorkerLost,
      onBroken: (error: Error) => this.failWaiting(error),
    }
    this.places = Array.from({ length: options.workers }, () => new WorkerPlace(placeOptions))
  }

  /** A pool whose workers are all warm. Throws when one of them cannot start. */
  static async start(options: LocalPoolOptions): Promise<LocalPool> {
    const pool = new LocalPool(options)
    try {
      await Promise.all(pool.places.map((place) => place.open()))
      return pool
    } catch (error) {
      await pool.close()
      throw error
    }
  }

  get state(): PoolState {
    const alive = this.places.filter(({ free }) => free)
    const sum = (count: (place: WorkerPlace) => number) =>
      this.places.reduce((total, place) => total + count(place), 0)
    const held = sum(({ occupancy }) => occupancy.held)
    return {
      pids: alive.flatMap(({ worker }) => worker?.pid ?? []),
      workers: alive.length,
      running: sum(({ occupancy }) => occupancy.running),
      queued: this.queue.size,
      freeSlots: Math.max(0, alive.length * this.options.slots - held - this.queue.size),
      sessions: sum(({ worker }) => worker?.sessions ?? 0),
    }
  }

  execute(program: Program, signal?: AbortSignal): Promise<Execution> {
    return this.submit(program, signal)
  }

  /** Opens on the worker with the fewest sessions; throws `overloaded` when all have their fill. */
  async session(): Promise<SandboxSession> {
    if (this.closed) throw new InfrastructureError('sandbox_error', 'the sandbox is closed')
    const { perWorker } = this.options.session
    const open = this.places.flatMap((place) =>
      place.worker && place.worker.sessions < perWorker ? { place, worker: place.worker } : [],
    )
    const home = least(open, ({ worker }) => worker.sessions)
    if (!home) throw new InfrastructureError('overloaded', 'no room for another session')
    const { place, worker } = home
    const id = ++this.lastId
    worker.sessions++
    try {
      await worker.request(id, openHeader(id, this.options.limits, null), [])
      // Nobody may be handed a session of a worker that is being closed.
      if (this.closed) throw new Error(closing)
    } catch (error) {
      worker.sessions--
      if (this.closed) throw new InfrastructureError('cancelled', closing, { cause: error })
      throw asSandboxError(error)
    }
    return new Conversation(this.options.session, {
      check: (program) => this.checkedCell(program),
      runCell: (program, file, signal) =>
        this.submit(program, signal, { place, worker, session: id, file }),
      end: async () => {
        worker.sessions--
        await worker.request(id, { close: id }, []).catch(() => {}) // a lost worker has closed it
      },
    })
  }

  async close(): Promise<void> {
    this.closed = true
    const error = new InfrastructureError('cancelled', closing)
    for (const job of this.queue.drain()) job.reject(error)
    await Promise.all(this.places.map((place) => place.close()))
  }

  private async submit(
    program: Program,
    signal: AbortSignal | undefined,
    cell?: CellHome,
  ): Promise<Execution> {
    const checked = cell ? this.checkedCell(program) : checkedProgram(program, this.options.limits)
    this.refuse(checked, signal)
    const job = new Job<CellHome>(++this.lastId, checked, { signal, cell })
    job.withdraw = () => this.queue.remove(job)
    try {
      this.queue.push(job)
    } catch (error) {
      job.reject(error as Error)
    }
    this.dispatch()
    return job.promise
  }

  private checkedCell(program: Program): CheckedProgram {
    const checked = checkedProgram(program, this.options.limits)
    if (checked.files.length + checked.fetchFiles.length === 0) return checked
    throw new UserError('files: a cell of a session cannot be given files or have them fetched')
  }

  private refuse(program: CheckedProgram, signal: AbortSignal | undefined): void {
    const fail = (kind: string, message: string) => {
      throw new InfrastructureError(kind, message)
    }
    if (this.closed) fail('sandbox_error', 'the sandbox is closed')
    if (signal?.aborted) fail('cancelled', 'the program was cancelled')
    if (this.quarantine.has(program.code)) fail('sandbox_error', quarantined)
    const broken = this.places.every((place) => place.broken) ? this.places[0]?.broken : undefined
    if (broken) fail('sandbox_error', `no sandbox worker can be started: ${broken.message}`)
  }

  /** Gives waiting programs to the workers with the fewest running, cells to their own. */
  private dispatch(): void {
    const free = new Set(this.places.filter((place) => this.hasRoom(place)))
    for (const job of this.queue) {
      if (free.size === 0) return
      if (job.cell && this.busySessions.has(job.cell.session)) continue
      const place = job.cell ? job.cell.place : least(free, ({ occupancy }) => occupancy.running)
      const worker = job.cell ? job.cell.worker : place?.worker
      if (!(place && worker) || (worker.alive && !free.has(place))) continue
      this.queue.remove(job)
      void this.run(job, place, worker)
      if (!this.hasRoom(place)) free.delete(place)
    }
  }

  private hasRoom(place: WorkerPlace): boolean {
    return place.free && place.occupancy.hasSlot
  }

  private async run(job: Job<CellHome>, place: WorkerPlace, worker: WorkerProcess): Promise<void> {
    const { limits } = job.program
    const queueMs = Math.round((performance.now() - job.acceptedAt) * 1000) / 1000
    job.withdraw = () => worker.cancel(job.id)
    place.occupancy.begin(job.id)
    if (job.cell) this.busySessions.add(job.cell.session)
    try {
      const { header, body } = runRequest(job.id, job.program, job.cell)
      const frame = await worker.request(job.id, header, body)
      const { outputCharacters } = this.options
      job.resolve(endedExecution(frame, { limits, queueMs, tier: this.tier, outputCharacters }))
    } catch (error) {
      this.retryOrReject(job, error)
    } finally {
      place.occupancy.end(job.id)
      if (job.cell) this.busySessions.delete(job.cell.session)
      void place.recycleIfDue()
      this.dispatch()
    }
  }

  /** A lost worker says nothing about the program: once more elsewhere, then it is suspect itself. */
  private retryOrReject(job: Job<CellHome>, error: unknown): void {
    if (!job.open) return
    const kind = error instanceof InfrastructureError ? error.kind : ''
    const elsewhere = kind === 'worker_lost' || kind === 'not_started'
    if (this.closed) job.reject(new InfrastructureError('cancelled', closing, { cause: error }))
    else if (job.cell || !elsewhere) job.reject(asSandboxError(error))
    else if (++job.losses <= lossesForgiven) {
      job.withdraw = () => this.queue.remove(job)
      this.queue.pushFirst(job)
    } else if (kind === 'not_started') job.reject(asSandboxError(error))
    else {
      this.quarantine.add(job.program.code)
      job.reject(new InfrastructureError('sandbox_error', quarantined, { cause: error }))
    }
  }

  private failWaiting(error: Error): void {
    if (!this.places.every((place) => place.broken)) return
    const message = `no sandbox worker can be started: ${error.message}`
    for (const job of this.queue.drain()) {
      job.reject(new InfrastructureError('sandbox_error', message))
    }
  }
}

/** A documented kind of failure, whatever was thrown. */
function asSandboxError(error: unknown): InfrastructureError {
  const named = error instanceof InfrastructureError && error.kind !== 'not_started'
  if (named) return error
  const why = error instanceof Error ? error.message : String(error)
  return new InfrastructureError('sandbox_error', why, { cause: error })
}
