// A conversation with one interpreter of a worker or server. Cells run one after the other.

import { InfrastructureError } from '../base/errors.ts'
import type { Execution, Program, SandboxSession } from './sandbox.ts'

export interface SessionLimits {
  /** A session without a cell for this long is closed. */
  readonly idleMs: number
  readonly cells: number
  readonly perWorker: number
}

const mostWaiting = 64

type RunCell = (program: Program, file: string, signal?: AbortSignal) => Promise<Execution>

export class Conversation implements SandboxSession {
  private last: Promise<unknown> = Promise.resolve()
  private waiting = 0
  private cells = 0
  private closed: string | undefined
  private idle: NodeJS.Timeout | undefined

  constructor(
    private readonly limits: SessionLimits,
    private readonly runCell: RunCell,
    private readonly end: () => Promise<void>,
  ) {
    this.wait()
  }

  get ended(): boolean {
    return this.closed !== undefined
  }

  async execute(program: Program, signal?: AbortSignal): Promise<Execution> {
    if (this.waiting >= mostWaiting) {
      const message = `${mostWaiting} cells of this session wait already`
      throw new InfrastructureError('overloaded', message)
    }
    this.waiting++
    const cell = this.last.then(() => this.next(program, signal)).finally(() => this.waiting--)
    this.last = cell.catch(() => {})
    return cell
  }

  async close(): Promise<void> {
    await this.closeBecause('it was closed')
  }

  private async next(program: Program, signal?: AbortSignal): Promise<Execution> {
    clearTimeout(this.idle)
    if (this.closed !== undefined) throw lost(this.closed)
    if (++this.cells > this.limits.cells) {
      await this.closeBecause(`it has run its ${this.limits.cells} cells`)
      throw lost(this.closed ?? '')
    }
    try {
      return await this.runCell(program, `cell-${this.cells}.py`, signal)
    } catch (error) {
      if (!(error instanceof InfrastructureError) || error.kind !== 'worker_lost') throw error
      await this.closeBecause('its worker or server was lost')
      throw lost('its worker or server was lost', error)
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
    await this.end()
  }
}

function lost(why: string, cause?: Error): InfrastructureError {
  const options = cause === undefined ? undefined : { cause }
  return new InfrastructureError('session_lost', `the session has ended: ${why}`, options)
}
