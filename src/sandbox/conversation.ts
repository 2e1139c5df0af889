// A conversation with one interpreter of a worker or server. Cells run one after the other.

import { InfrastructureError } from '../base/errors.ts'
import { Job } from './job.ts'
import type { CheckedProgram } from './program.ts'
import type { Execution, Program, SandboxSession } from './sandbox.ts'

export interface SessionLimits {
  /** A session without a cell for this long is closed. */
  readonly idleMs: number
  readonly cells: number
  readonly perWorker: number
}

/** What carries out a conversation. */
export interface ConversationHome {
  /** Throws UserError for what is no cell. */
  check(program: Program): CheckedProgram
  runCell(program: Program, file: string, signal: AbortSignal): Promise<Execution>
  /** Called once. */
  end(): Promise<void>
}

const mostWaiting = 64
const whyLost: ReadonlyMap<string, string> = new Map([
  ['worker_lost', 'its worker or server was lost'],
  ['session_lost', 'its interpreter is gone'],
])

export class Conversation implements SandboxSession {
  private last: Promise<unknown> = Promise.resolve()
  private waiting = 0
  private cells = 0
  private closed: string | undefined
  private idle: NodeJS.Timeout | undefined

  constructor(
    private readonly limits: SessionLimits,
    private readonly home: ConversationHome,
  ) {
    this.wait()
  }

  get ended(): boolean {
    return this.closed !== undefined
  }

  /** A cell that waits for others can be cancelled, and its deadline counts from here. */
  async execute(program: Program, signal?: AbortSignal): Promise<Execution> {
    const checked = this.home.check(program)
    if (signal?.aborted) throw new InfrastructureError('cancelled', 'the program was cancelled')
    if (this.waiting >= mostWaiting) {
      const message = `${mostWaiting} cells of this session wait already`
      throw new InfrastructureError('overloaded', message)
    }
    const cell = new Job(0, checked, { signal, cell: undefined })
    this.waiting++
    this.last = this.last.then(() => this.take(cell, program))
    return cell.promise.finally(() => this.waiting--)
  }

  async close(): Promise<void> {
    await this.closeBecause('it was closed')
  }

  /** Never rejects: the cell does, unless it has been given up while it waited. */
  private async take(cell: Job, program: Program): Promise<void> {
    if (!cell.open) return
    const controller = new AbortController()
    cell.withdraw = () => controller.abort()
    const waitedMs = performance.now() - cell.acceptedAt
    try {
      const execution = await this.next(program, controller.signal)
      const queueMs = Math.round((execution.queueMs + waitedMs) * 1000) / 1000
      cell.resolve({ ...execution, queueMs })
    } catch (error) {
      cell.reject(error as Error)
    }
  }

  private async next(program: Program, signal: AbortSignal): Promise<Execution> {
    clearTimeout(this.idle)
    if (this.closed !== undefined) throw lost(this.closed)
    if (++this.cells > this.limits.cells) {
      await this.closeBecause(`it has run its ${this.limits.cells} cells`)
      throw lost(this.closed ?? '')
    }
    try {
      return await this.home.runCell(program, `cell-${this.cells}.py`, signal)
    } catch (error) {
      const kind = error instanceof InfrastructureError ? error.kind : ''
      const why = whyLost.get(kind)
      if (why === undefined) throw error
      await this.closeBecause(why)
      throw lost(why, error as Error)
    } finally {
      this.wait()
    }
  }

  private wait(): void {
    if (this.closed !== undefined) return
    const { idleMs } = this.limits
    this.idle = setTimeout(() => void this.closeBecause(`it was idle for ${idleMs} ms`), idleMs)
    this.idle.unref()
  }

  private async closeBecause(why: string): Promise<void> {
    clearTimeout(this.idle)
    if (this.closed !== undefined) return
    this.closed = why
    await this.home.end()
  }
}

function lost(why: string, cause?: Error): InfrastructureError {
  const options = cause === undefined ? undefined : { cause }
  return new InfrastructureError('session_lost', `the session has ended: ${why}`, options)
}
