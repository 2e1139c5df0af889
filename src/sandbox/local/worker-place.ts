// A place for one worker that is never left empty: starts, replaces, recycles, backs off.

import { Occupancy } from './occupancy.ts'
import type { WorkerProcess } from './worker-process.ts'

const firstDelayMs = 200
const longestDelayMs = 10_000
const failuresThatOpen = 5

export interface PlaceOptions {
  readonly slots: number
  readonly start: () => Promise<WorkerProcess>
  /** Requests after which a worker is replaced by a fresh one. */
  readonly recycleAfter: number
  /** A worker is there that can take programs. */
  readonly onReady: () => void
  /** A worker ended that should not have; it is being replaced. */
  readonly onLost: (why: string) => void
  /** Starting has failed often enough to say so to whoever waits. */
  readonly onBroken: (error: Error) => void
}

export class WorkerPlace {
  worker: WorkerProcess | undefined
  readonly occupancy: Occupancy
  private failures = 0
  private closed = false
  private recycling = false
  private lastError = new Error('not started')
  private timer: NodeJS.Timeout | undefined
  /** Workers of this place that have not ended: starting, serving or retiring. */
  private readonly present = new Set<Promise<WorkerProcess | undefined>>()

  constructor(private readonly options: PlaceOptions) {
    this.occupancy = new Occupancy(options.slots)
  }

  get broken(): Error | undefined {
    return this.failures >= failuresThatOpen ? this.lastError : undefined
  }

  get free(): boolean {
    return this.worker?.alive ?? false
  }

  /** Rejects when the first start fails; later failures are retried with growing delay. */
  async open(): Promise<void> {
    this.adopt(await this.start())
  }

  /** Replaces the worker once it has served long enough; what runs or lives in the old one ends there. */
  async recycleIfDue(): Promise<void> {
    const old = this.worker
    if (!old || this.closed || this.recycling || old.requests < this.options.recycleAfter) return
    this.recycling = true
    try {
      this.adopt(await this.start())
    } catch {
      // The old worker still serves; it is tried again after the next program.
    } finally {
      this.recycling = false
    }
  }

  /** Resolves when none of its workers is left, whatever each was about. */
  async close(): Promise<void> {
    this.closed = true
    clearTimeout(this.timer)
    await Promise.all([...this.present].map(async (worker) => (await worker)?.close()))
  }

  private async start(): Promise<WorkerProcess> {
    const starting = this.options.start()
    const present = starting.catch(() => undefined)
    this.present.add(present)
    try {
      const worker = await starting
      worker.onGone = (why) => {
        this.present.delete(present)
        this.lose(worker, why)
      }
      return worker
    } catch (error) {
      this.present.delete(present)
      throw error
    }
  }

  /** The one that served before, if any, retires. */
  private adopt(worker: WorkerProcess): void {
    if (this.closed) return
    const old = this.worker
    this.failures = 0
    this.worker = worker
    worker.onLinger = (id) => {
      this.occupancy.takesLong(id)
      this.options.onReady()
    }
    void old?.closeWhenIdle()
    this.options.onReady()
  }

  private lose(worker: WorkerProcess, why: string): void {
    if (this.closed || this.worker !== worker) return
    this.worker = undefined
    this.options.onLost(why)
    this.restart(0)
  }

  private restart(delayMs: number): void {
    if (this.closed) return
    this.timer = setTimeout(() => void this.tryStart(delayMs), delayMs)
  }

  private async tryStart(delayMs: number): Promise<void> {
    try {
      this.adopt(await this.start())
    } catch (error) {
      this.lastError = error instanceof Error ? error : new Error(String(error))
      if (++this.failures >= failuresThatOpen) this.options.onBroken(this.lastError)
      this.restart(Math.min(longestDelayMs, Math.max(firstDelayMs, delayMs * 2)))
    }
  }
}
