// One program on its way through the pool: queued, running, settled exactly once.

import { InfrastructureError, UserError } from '../base/errors.ts'
import { onAbort } from './on-abort.ts'
import type { CheckedProgram } from './program.ts'
import type { Execution } from './sandbox.ts'
import { shownValue } from './shown-value.ts'

interface JobOrigin<Home> {
  readonly signal: AbortSignal | undefined
  /** The session to which a cell belongs; a program may run anywhere. */
  readonly cell: Home | undefined
}

/** Throws UserError for a signal that is none. */
export class Job<Home = undefined> {
  readonly acceptedAt = performance.now()
  /** Workers that were lost while this program ran on them. */
  losses = 0
  /** How the program is taken off the queue or stopped where it runs. */
  withdraw: () => void = () => {}
  private settled = false
  private readonly timer: NodeJS.Timeout
  private readonly forgetSignal: () => void
  private readonly resolvers: PromiseWithResolvers<Execution>

  constructor(
    readonly id: number,
    readonly program: CheckedProgram,
    private readonly origin: JobOrigin<Home>,
  ) {
    checkSignal(origin.signal)
    this.resolvers = withResolvers()
    const { deadlineMs } = program.limits
    // An event loop that was blocked until now first hears the answers that have come meanwhile.
    this.timer = setTimeout(() => setImmediate(() => this.expire()), deadlineMs)
    const cancelled = () =>
      this.abandon(new InfrastructureError('cancelled', 'the program was cancelled'))
    this.forgetSignal = origin.signal ? onAbort(origin.signal, cancelled) : () => {}
  }

  get promise(): Promise<Execution> {
    return this.resolvers.promise
  }

  get cell(): Home | undefined {
    return this.origin.cell
  }

  get open(): boolean {
    return !this.settled
  }

  resolve(execution: Execution): void {
    if (this.settle()) this.resolvers.resolve(execution)
  }

  reject(error: Error): void {
    if (this.settle()) this.resolvers.reject(error)
  }

  private expire(): void {
    const { deadlineMs } = this.program.limits
    const message = `the deadline of ${deadlineMs} ms passed before the program ended`
    this.abandon(new InfrastructureError('overloaded', message))
  }

  private abandon(error: Error): void {
    if (this.settled) return
    this.withdraw()
    this.reject(error)
  }

  private settle(): boolean {
    if (this.settled) return false
    this.settled = true
    clearTimeout(this.timer)
    this.forgetSignal()
    return true
  }
}

function checkSignal(signal: unknown): void {
  const isObject = typeof signal === 'object' && signal !== null
  if (signal === undefined || (isObject && 'aborted' in signal && 'addEventListener' in signal))
    return
  throw new UserError(`signal: expected an AbortSignal, got ${shownValue(signal)}`)
}

interface PromiseWithResolvers<T> {
  readonly promise: Promise<T>
  readonly resolve: (value: T) => void
  readonly reject: (error: Error) => void
}

function withResolvers<T>(): PromiseWithResolvers<T> {
  let resolve: (value: T) => void = () => {}
  let reject: (error: Error) => void = () => {}
  const promise = new Promise<T>((accept, refuse) => {
    resolve = accept
    reject = refuse
  })
  return { promise, resolve, reject }
}
