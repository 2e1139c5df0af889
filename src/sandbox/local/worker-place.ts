// A place for one worker that is never left empty: starts, replaces, recycles, backs off.

import { Occupancy } from './occupancy.ts'
import type { WorkerProcess } from './worker-process.ts'

const firstDelayMs = 200
const longestDelayMs = 10_000
const failuresThatOpen = 5

export interface PlaceOptions {
  readonly slots: number
  readonly lingering: number
  readonly start: () => Promise<WorkerProcess>
  /** Executions after which a worker is replaced by a fresh one. */
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
  sessions = 0
  private failures = 0
  private closed = false
  private recycling = false
  private lastError = new Error('not started')
  private timer: NodeJS.Timeout | undefined

  constructor(private readonly options: PlaceOptions) {
    this.occupancy = new Occupancy(options.slots, options.lingering)
  }

  get broken(): Error | undefined {
    return this.failures >= failuresThatOpen ? this.lastError : undefined
  }

  get free(): boolean {
    return this.worker?.alive ?? false
  }

  /** Rejects when the first start fails; later failures are retried with growing delay. */
  async open(): Promise<void> {
    this.adopt(await this.options.start())
  }

  /** Replaces the worker once it has served long enough; what runs in the old one ends there. */
  async recycleIfDue(): Promise<void> {
    const old = this.worker
    if (!old || this.recycling || old.executions < this.options.recycleAfter) return
    this.recycling = true
    try {
      const fresh = await this.options.start()
      if (this.closed) return await fresh.close()
      old.onGone = () => {}
      this.adopt(fresh)
      await old.closeWhenIdle()
    } catch {
      // The old worker still serves; it is tried again after the next program.
    } finally {
      this.recycling = false
    }
  }

  async close(): Promise<void> {
    this.closed = true
    clearTimeout(this.timer)
    await this.worker?.close()
  }

  private adopt(worker: WorkerProcess): void {
    this.failures = 0
    this.worker = worker
    worker.onLinger = (id) => {
      this.occupancy.takesLong(id)
      this.options.onReady()
    }
    worker.onGone = (why) => {
      if (this.closed) return
      this.worker = undefined
      this.options.onLost(why)
      this.restart(0)
    }
    this.options.onReady()
  }

  private restart(delayMs: number): void {
    if (this.closed) return
    this.timer = setTimeout(() => void this.tryStart(delayMs), delayMs)
  }

  private async tryStart(delayMs: number): Promise<void> {
    try {
      const worker = await this.options.start()
      if (this.closed) await worker.close()
      else this.adopt(worker)
    } catch (error) {
      this.lastError = error instanceof Error ? error : new Error(String(error))
      if (++this.failures >= failuresThatOpen) this.options.onBroken(this.lastError)
      this.restart(Math.min(longestDelayMs, Math.max(firstDelayMs, delayMs * 2)))
    }
  }
}
