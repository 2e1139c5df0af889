// A long-lived Python program that answers one JSON line with one JSON line: deadlines from outside,
// a hard kill of everything it started, a fresh process for the next request.

import { InfrastructureError } from '../base/errors.ts'
import { pythonExecutable } from './python-executable.ts'
import type { PythonProgram, RequestOptions } from './python-program.ts'
import { RunningProgram } from './running-program.ts'
import { StartBackOff } from './start-back-off.ts'

/**
 * Requests wait for each other: the program sees one at a time, as a line
 * `{"id": 7, "payload": ...}`, and answers `{"id": 7, "result": ...}` or `{"id": 7, "error": "text"}`.
 * Whatever else it prints on standard output is not allowed and ends it.
 *
 * `request` rejects with an InfrastructureError of kind
 * - `deadline`: no answer in time; the process is killed, the next request starts a fresh one,
 * - `cancelled`: the signal, or `close`,
 * - `died`: the process ended or broke the protocol; the message has the end of its standard error,
 * - `refused`: the program answered with `error`.
 */
export class PythonProcess {
  readonly #program: PythonProgram
  readonly #backOff = new StartBackOff()
  #running: RunningProgram | undefined
  #queue: Promise<unknown> = Promise.resolve()
  readonly #closing = new AbortController()

  constructor(program: PythonProgram) {
    this.#program = program
  }

  /** Pid of the present process, for tests and `doctor`. */
  get pid(): number | undefined {
    return this.#running?.pid
  }

  request(payload: unknown, options: RequestOptions): Promise<unknown> {
    const turn = this.#queue.then(() => this.#ask(payload, options))
    this.#queue = turn.catch(() => undefined)
    return raceCancel(turn, [options.signal, this.#closing.signal])
  }

  /** Kills the process and everything it started; pending and later requests reject with `cancelled`. */
  async close(): Promise<void> {
    this.#closing.abort()
    await this.#discard()
    await this.#queue
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #ask(payload: unknown, { deadlineMs, signal }: RequestOptions): Promise<unknown> {
    this.#refuseIfCancelled(signal)
    const running = await this.#start(signal)
    this.#refuseIfCancelled(signal)
    const over = AbortSignal.any([this.#closing.signal, ...(signal ? [signal] : [])])
    try {
      const result = await running.ask(payload, { deadlineMs, signal: over })
      this.#backOff.succeeded()
      return result
    } catch (error) {
      const survived = error instanceof InfrastructureError && error.kind === 'refused'
      if (survived) this.#backOff.succeeded()
      else await this.#discard()
      throw error
    }
  }

  #refuseIfCancelled(signal: AbortSignal | undefined): void {
    if (this.#closing.signal.aborted || signal?.aborted) throw cancelled()
  }

  async #start(signal: AbortSignal | undefined): Promise<RunningProgram> {
    if (this.#running && !this.#running.ended) return this.#running
    await this.#backOff.wait(AbortSignal.any([this.#closing.signal, ...(signal ? [signal] : [])]))
    this.#refuseIfCancelled(signal)
    this.#backOff.started()
    this.#running = new RunningProgram(
      this.#program.executable ?? pythonExecutable(),
      this.#program,
    )
    return this.#running
  }

  async #discard(): Promise<void> {
    const running = this.#running
    this.#running = undefined
    await running?.kill()
  }
}

function cancelled(): InfrastructureError {
  return new InfrastructureError('cancelled', 'the request to the Python program was cancelled')
}

/** Settles as `work` does, or as cancelled as soon as one of the signals fires. */
function raceCancel<T>(
  work: Promise<T>,
  signals: readonly (AbortSignal | undefined)[],
): Promise<T> {
  return new Promise((resolve, reject) => {
    const over = AbortSignal.any(signals.filter((signal) => signal !== undefined))
    const cancel = () => reject(cancelled())
    if (over.aborted) cancel()
    else over.addEventListener('abort', cancel, { once: true })
    work.then(resolve, reject).finally(() => over.removeEventListener('abort', cancel))
  })
}
