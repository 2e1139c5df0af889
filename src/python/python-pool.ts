// Several processes of one helper program behind one queue.

import { InfrastructureError } from '../base/errors.ts'
import { PythonProcess } from './python-process.ts'
import type { PythonProgram, RequestOptions } from './python-program.ts'

export interface PoolOptions {
  /** Number of processes; each is started when it is first needed. */
  readonly size: number
}

/**
 * A request goes to the first free process; while none is free it waits in order. Its deadline
 * counts from when a process takes it. Rejections are those of PythonProcess.
 */
export class PythonPool {
  readonly #idle: PythonProcess[]
  readonly #all: readonly PythonProcess[]
  readonly #waiting: ((process: PythonProcess | undefined) => void)[] = []
  #closed = false

  constructor(program: PythonProgram, { size }: PoolOptions) {
    this.#all = Array.from({ length: size }, () => new PythonProcess(program))
    this.#idle = [...this.#all]
  }

  async request(payload: unknown, options: RequestOptions): Promise<unknown> {
    const process = await this.#take(options.signal)
    try {
      return await process.request(payload, options)
    } finally {
      this.#giveBack(process)
    }
  }

  /** Ends all processes; pending requests reject with `cancelled`. */
  async close(): Promise<void> {
    this.#closed = true
    for (const resume of this.#waiting.splice(0)) resume(undefined)
    await Promise.all(this.#all.map((process) => process.close()))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #take(signal: AbortSignal | undefined): Promise<PythonProcess> {
    if (this.#closed || signal?.aborted) throw cancelled()
    // The last one given back is warm; the others may never have been started.
    const free = this.#idle.pop()
    const process = free ?? (await this.#wait(signal))
    if (!process) throw cancelled()
    return process
  }

  #wait(signal: AbortSignal | undefined): Promise<PythonProcess | undefined> {
    return new Promise((resolve) => {
      const leave = () => {
        const place = this.#waiting.indexOf(resume)
        if (place >= 0) this.#waiting.splice(place, 1)
        resolve(undefined)
      }
      const resume = (process: PythonProcess | undefined) => {
        signal?.removeEventListener('abort', leave)
        resolve(process)
      }
      signal?.addEventListener('abort', leave, { once: true })
      this.#waiting.push(resume)
    })
  }

  #giveBack(process: PythonProcess): void {
    const next = this.#waiting.shift()
    if (next) next(process)
    else this.#idle.push(process)
  }
}

function cancelled(): InfrastructureError {
  return new InfrastructureError('cancelled', 'the request to the Python program was cancelled')
}
