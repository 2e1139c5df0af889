// One operating-system process of a helper program, from its start to its end.

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { delimiter } from 'node:path'
import { InfrastructureError } from '../base/errors.ts'
import { packageFile } from '../base/package-root.ts'
import { explainDeath } from './explain-death.ts'
import type { PythonProgram } from './python-program.ts'

interface Pending {
  readonly id: number
  readonly resolve: (result: unknown) => void
  readonly reject: (error: Error) => void
}

const keptErrorOutput = 4_000
/** A line longer than this is not an answer but a runaway program. */
const longestLine = 64 * 2 ** 20

export class RunningProgram {
  readonly #child: ChildProcessWithoutNullStreams
  readonly #executable: string
  readonly #over: Promise<void>
  #pending: Pending | undefined
  #nextId = 1
  #line: string[] = []
  #lineLength = 0
  #errorOutput = ''
  #ended = false

  constructor(executable: string, program: PythonProgram) {
    this.#executable = executable
    this.#child = spawn(executable, ['-u', program.script, ...(program.arguments ?? [])], {
      stdio: ['pipe', 'pipe', 'pipe'],
      // A process group of its own, so that a kill reaches what the program started.
      detached: true,
      env: environmentFor(program),
    })
    live.add(this.#child)
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => this.#take(text))
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#errorOutput = (this.#errorOutput + text).slice(-keptErrorOutput)
    })
    // Writing to a process that has just died: its end says more than the broken pipe.
    this.#child.stdin.on('error', () => undefined)
    this.#over = new Promise((resolve) => {
      const end = (why: string) => {
        this.#end(why)
        resolve()
      }
      this.#child.on('error', (error) => end(error.message))
      this.#child.on('close', (code, signal) =>
        end(signal ? `signal ${signal}` : `exit code ${code}`),
      )
    })
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  get ended(): boolean {
    return this.#ended
  }

  /** One request; the caller makes sure that there is no other at the same time. */
  ask(
    payload: unknown,
    { deadlineMs, signal }: { deadlineMs: number; signal: AbortSignal },
  ): Promise<unknown> {
    const id = this.#nextId++
    const line = `${JSON.stringify({ id, payload: payload ?? null })}\n`
    return new Promise<unknown>((resolve, reject) => {
      const cancel = () => fail('cancelled', 'the request to the Python program was cancelled')
      const timer = setTimeout(
        () => fail('deadline', `the Python program gave no answer within ${deadlineMs} ms`),
        deadlineMs,
      )
      const settle = () => {
        clearTimeout(timer)
        signal.removeEventListener('abort', cancel)
        this.#pending = undefined
      }
      const fail = (kind: string, message: string) => {
        settle()
        reject(new InfrastructureError(kind, message))
      }
      signal.addEventListener('abort', cancel, { once: true })
      this.#pending = {
        id,
        resolve: (result) => {
          settle()
          resolve(result)
        },
        reject: (error) => {
          settle()
          reject(error)
        },
      }
      if (this.#ended) this.#end('it had ended before the request')
      else this.#child.stdin.write(line)
    })
  }

  /** Kills the whole process group at once and waits until the process is gone. */
  async kill(): Promise<void> {
    killGroup(this.#child)
    await this.#over
  }

  #take(text: string): void {
    let from = 0
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
      this.#line.push(text.slice(from, end))
      from = end + 1
      const line = this.#line.join('')
      this.#line = []
      this.#lineLength = 0
      this.#answer(line)
    }
    this.#line.push(text.slice(from))
    this.#lineLength += text.length - from
    if (this.#lineLength > longestLine)
      this.#breakProtocol(`a line of more than ${longestLine} characters`)
  }

  #answer(line: string): void {
    const answer = parseAnswer(line)
    const pending = this.#pending
    if (!answer || !pending || answer.id !== pending.id) {
      this.#breakProtocol(JSON.stringify(line.slice(0, 200)))
    } else if (typeof answer.error === 'string') {
      pending.reject(
        new InfrastructureError('refused', `the Python program failed: ${answer.error}`),
      )
    } else {
      pending.resolve(answer.result)
    }
  }

  #breakProtocol(found: string): void {
    this.#line = []
    this.#lineLength = 0
    killGroup(this.#child)
    this.#pending?.reject(
      new InfrastructureError(
        'died',
        `the Python program printed something that is no answer: ${found}`,
      ),
    )
  }

  #end(why: string): void {
    this.#ended = true
    live.delete(this.#child)
    this.#pending?.reject(
      new InfrastructureError('died', explainDeath(this.#executable, why, this.#errorOutput)),
    )
  }
}

function environmentFor(program: PythonProgram): NodeJS.ProcessEnv {
  const path = [packageFile('src/python'), process.env['PYTHONPATH']]
    .filter(Boolean)
    .join(delimiter)
  return { ...process.env, PYTHONIOENCODING: 'utf-8', PYTHONPATH: path, ...program.environment }
}

interface Answer {
  readonly id: unknown
  readonly result?: unknown
  readonly error?: unknown
}

function parseAnswer(line: string): Answer | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null && 'id' in value ? value : undefined
  } catch {
    return undefined
  }
}

function killGroup(child: ChildProcessWithoutNullStreams): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch {
    // The group is gone already.
  }
}

/** Groups of their own survive us unless they are ended when we end. */
const live = new Set<ChildProcessWithoutNullStreams>()
process.on('exit', () => {
  for (const child of live) killGroup(child)
})
