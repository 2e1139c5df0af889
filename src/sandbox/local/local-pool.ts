// Workers on this machine behind one queue. Every promise settles, exactly once.

import { InfrastructureError } from '../../base/errors.ts'
import { type CheckedProgram, checkedProgram } from '../program.ts'
import type { Execution, Limits, Program, Sandbox, SandboxSession, Tier } from '../sandbox.ts'
import { endedExecution } from './ended.ts'
import { Job } from './job.ts'
import { Quarantine } from './quarantine.ts'
import { WaitingQueue } from './waiting-queue.ts'
import { WorkerPlace } from './worker-place.ts'
import { WorkerProcess } from './worker-process.ts'
import type { WorkerSettings } from './worker-settings.ts'

/** A worker that has not answered this long after a program's limit is taken for dead. */
const silenceMs = 5_000
const lossesForgiven = 1

export interface LocalPoolOptions {
  readonly tier: Tier
  readonly settings: WorkerSettings
  readonly workers: number
  readonly slots: number
  readonly queueLength: number
  readonly recycleAfter: number
  readonly limits: Limits
  readonly outputCharacters: number | undefined
}

export interface PoolState {
  readonly workers: number
  readonly running: number
  readonly queued: number
  readonly freeSlots: number
}

export class LocalPool implements Sandbox {
  readonly tier: Tier
  private readonly places: readonly WorkerPlace[]
  private readonly queue: WaitingQueue<Job>
  private readonly quarantine = new Quarantine()
  private lastId = 0
  private closed = false

  private constructor(private readonly options: LocalPoolOptions) {
    this.tier = options.tier
    this.queue = new WaitingQueue(options.queueLength)
    const placeOptions = {
      start: () => WorkerProcess.start(options.settings),
      recycleAfter: options.recycleAfter,
      onReady: () => this.dispatch(),
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
    const running = this.places.reduce((sum, place) => sum + place.running, 0)
    const slots = alive.length * this.options.slots
    return {
      workers: alive.length,
      running,
      queued: this.queue.size,
      freeSlots: Math.max(0, slots - running - this.queue.size),
    }
  }

  async execute(program: Program, signal?: AbortSignal): Promise<Execution> {
    const checked = checkedProgram(program, this.options.limits)
    this.refuse(checked, signal)
    const job = new Job(++this.lastId, checked, signal)
    job.withdraw = () => this.queue.remove(job)
    try {
      this.queue.push(job)
    } catch (error) {
      job.reject(error as Error)
    }
    this.dispatch()
    return job.promise
  }

  async session(): Promise<SandboxSession> {
    throw new InfrastructureError('sandbox_error', 'sessions are not open yet')
  }

  async close(): Promise<void> {
    this.closed = true
    const error = new InfrastructureError('cancelled', 'the sandbox was closed')
    for (const job of this.queue.drain()) job.reject(error)
    await Promise.all(this.places.map((place) => place.close()))
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

  /** Gives waiting programs to the workers with the fewest running. */
  private dispatch(): void {
    while (this.queue.size > 0) {
      const place = this.places
        .filter(({ free, running }) => free && running < this.options.slots)
        .reduce<WorkerPlace | undefined>((a, b) => (a && a.running <= b.running ? a : b), undefined)
      if (!place) return
      const job = this.queue.shift()
      if (job) void this.run(job, place)
    }
  }

  private async run(job: Job, place: WorkerPlace): Promise<void> {
    const { worker } = place
    if (!worker) {
      this.queue.pushFirst(job)
      return
    }
    const { code, stdin, seed, limits } = job.program
    const queueMs = Math.round((performance.now() - job.acceptedAt) * 1000) / 1000
    const watchdog = setTimeout(() => worker.kill(), limits.timeoutMs + silenceMs)
    job.withdraw = () => worker.cancel(job.id)
    place.running++
    try {
      const header = {
        run: job.id,
        limits: workerLimits(limits),
        seed,
        codeBytes: code.length,
        stdin: stdin !== undefined,
      }
      const frame = await worker.request(job.id, header, stdin ? [code, stdin] : [code])
      const { outputCharacters } = this.options
      job.resolve(endedExecution(frame, { limits, queueMs, tier: this.tier, outputCharacters }))
    } catch (error) {
      this.retryOrReject(job, error as Error)
    } finally {
      clearTimeout(watchdog)
      place.running--
      void place.recycleIfDue()
      this.dispatch()
    }
  }

  /** A lost worker says nothing about the program: once more elsewhere, then it is suspect itself. */
  private retryOrReject(job: Job, error: Error): void {
    const lost = error instanceof InfrastructureError && error.kind === 'worker_lost'
    if (!lost || this.closed) {
      job.reject(error)
      return
    }
    if (!job.open) return
    job.losses++
    if (job.losses <= lossesForgiven) {
      job.withdraw = () => this.queue.remove(job)
      this.queue.pushFirst(job)
      return
    }
    this.quarantine.add(job.program.code)
    job.reject(new InfrastructureError('sandbox_error', quarantined, { cause: error }))
  }

  private failWaiting(error: Error): void {
    if (!this.places.every((place) => place.broken)) return
    const message = `no sandbox worker can be started: ${error.message}`
    for (const job of this.queue.drain())
      job.reject(new InfrastructureError('sandbox_error', message))
  }
}

const quarantined = 'this program took down two sandbox workers and is not run again'

/** The fixed bounds beside those that a person chooses. */
function workerLimits(limits: Limits): object {
  return {
    timeoutMs: limits.timeoutMs,
    memoryMb: limits.memoryMb,
    cpuMs: Math.max(10_000, limits.timeoutMs),
    processes: 32,
    files: 64,
    fileMb: 16,
    headBytes: 65_536,
    tailBytes: 65_536,
    outputBytes: 32 << 20,
  }
}
