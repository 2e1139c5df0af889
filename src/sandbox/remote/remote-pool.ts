// Sandbox servers behind one queue: the least loaded one first, the failing ones left out.

import { InfrastructureError, UserError } from '../../base/errors.ts'
import { Conversation, type SessionLimits } from '../conversation.ts'
import { Job } from '../job.ts'
import { least } from '../least.ts'
import { type CheckedProgram, checkedProgram } from '../program.ts'
import type { Execution, Limits, Program, Sandbox, SandboxSession, Tier } from '../sandbox.ts'
import { WaitingQueue } from '../waiting-queue.ts'
import { executionOf, sessionOf } from './answer.ts'
import { type Pings, RemoteNode } from './remote-node.ts'

export interface RemotePoolOptions {
  readonly servers: readonly string[]
  readonly token: string | undefined
  readonly limits: Limits
  readonly queueLength: number
  readonly session: SessionLimits
  readonly pings?: Pings
}

const lossesForgiven = 1
const closing = 'the sandbox was closed'
const retryAfterMs = 500
const innocentKinds: ReadonlySet<string> = new Set(['overloaded', 'node_ejected', 'stray_answer'])
const strongestFirst: readonly Tier[] = ['ns-root', 'ns-user', 'landlock', 'unsafe']

export class RemotePool implements Sandbox {
  readonly #nodes: readonly RemoteNode[]
  readonly #queue: WaitingQueue<Job>
  /** Where a program's last try failed: the next is made elsewhere as long as there is an elsewhere. */
  readonly #failedOn = new WeakMap<Job, RemoteNode>()
  #lastId = 0
  #closed = false

  private constructor(private readonly options: RemotePoolOptions) {
    this.#nodes = options.servers.map(
      (url) => new RemoteNode(addressOf(url), options.token, options.pings),
    )
    this.#queue = new WaitingQueue(options.queueLength)
    for (const node of this.#nodes) node.onReturn = () => this.#dispatch()
  }

  /** Throws UserError when none of the servers answers, or one has another token. */
  static async connect(options: RemotePoolOptions): Promise<RemotePool> {
    const pool = new RemotePool(options)
    await Promise.all(pool.#nodes.map((node) => node.watch()))
    const refusing = pool.#nodes.find(({ refusesToken }) => refusesToken)
    if (!refusing && pool.#nodes.some(({ up }) => up)) return pool
    await pool.close()
    if (refusing) throw new UserError(`token: does not match that of ${refusing.url}`)
    const start = 'start one with `retool-rl sandbox serve`'
    throw new UserError(`no sandbox server answers at ${options.servers.join(', ')}; ${start}`)
  }

  /** The weakest that a program may meet. */
  get tier(): Tier {
    const present = this.#nodes.filter(({ up }) => up).map(({ tier }) => tier)
    return strongestFirst.findLast((tier) => present.includes(tier)) ?? 'unsafe'
  }

  /** Addresses of the servers that are well. */
  get up(): readonly string[] {
    return this.#nodes.filter(({ up }) => up).map(({ url }) => url)
  }

  async execute(program: Program, signal?: AbortSignal): Promise<Execution> {
    const checked = checkedProgram(program, this.options.limits)
    if (this.#closed) throw new InfrastructureError('sandbox_error', 'the sandbox is closed')
    if (signal?.aborted) throw new InfrastructureError('cancelled', 'the program was cancelled')
    const job = new Job(++this.#lastId, checked, { signal, cell: undefined })
    job.withdraw = () => this.#queue.remove(job)
    try {
      this.#queue.push(job)
    } catch (error) {
      job.reject(error as Error)
    }
    this.#dispatch()
    return job.promise
  }

  async session(): Promise<SandboxSession> {
    if (this.#closed) throw new InfrastructureError('sandbox_error', 'the sandbox is closed')
    const node = least(
      this.#nodes.filter(({ up }) => up),
      ({ sessions }) => sessions,
    )
    if (!node) throw new InfrastructureError('overloaded', 'no sandbox server is well')
    node.sessions++
    const path = await this.#openedSession(node).catch((error) => {
      node.sessions--
      throw this.#failure(error)
    })
    return new Conversation(this.options.session, {
      check: (program) => checkedProgram(program, this.options.limits),
      runCell: (program, _, signal) => this.#runCell(node, path, program, signal),
      end: async () => {
        node.sessions--
        await node.remove(path)
      },
    })
  }

  async close(): Promise<void> {
    this.#closed = true
    const error = new InfrastructureError('cancelled', closing)
    for (const job of this.#queue.drain()) job.reject(error)
    await Promise.all(this.#nodes.map((node) => node.close()))
  }

  /** The path of a new session; a server that does not answer is given up at the deadline. */
  async #openedSession(node: RemoteNode): Promise<string> {
    const { deadlineMs } = this.options.limits
    const patience = AbortSignal.timeout(deadlineMs)
    try {
      return `/v1/sessions/${sessionOf(await node.post('/v1/sessions', {}, patience), node.url)}`
    } catch (error) {
      if (!patience.aborted) throw error
      const message = `${node.url}: opened no session within ${deadlineMs} ms`
      throw new InfrastructureError('overloaded', message, { cause: error })
    }
  }

  #dispatch(): void {
    const up = this.#nodes.filter((node) => node.up)
    for (const job of this.#queue) {
      if (!up.some(({ hasRoom }) => hasRoom)) return
      const failed = up.length > 1 ? this.#failedOn.get(job) : undefined
      const open = up.filter((node) => node.hasRoom && node !== failed)
      const node = least(open, ({ load }) => load)
      if (!node) continue
      this.#queue.remove(job)
      void this.#run(job, node)
    }
  }

  async #run(job: Job, node: RemoteNode): Promise<void> {
    const controller = new AbortController()
    job.withdraw = () => controller.abort()
    node.outstanding++
    const start = performance.now()
    try {
      const program = wireProgram(job.program, job.acceptedAt)
      const answer = await node.post('/v1/executions', program, controller.signal)
      const execution = executionOf(answer, node.url)
      const waited = performance.now() - start - execution.durationMs
      job.resolve({ ...execution, queueMs: Math.max(execution.queueMs, Math.round(waited)) })
    } catch (error) {
      this.#retryOrReject(job, node, error as Error)
    } finally {
      node.outstanding--
      this.#dispatch()
    }
  }

  /** A full or silent server says nothing about the program; one that failed with it does, once. */
  #retryOrReject(job: Job, node: RemoteNode, error: Error): void {
    const kind = error instanceof InfrastructureError ? error.kind : ''
    if (kind === 'overloaded') node.restUntilRetry({ retryAfterMs })
    const innocent = innocentKinds.has(kind)
    const again = innocent || (kind === 'node_failed' && ++job.losses <= lossesForgiven)
    if (!again || this.#closed) job.reject(this.#failure(error))
    if (!job.open) return
    if (kind !== 'overloaded') this.#failedOn.set(job, node)
    job.withdraw = () => this.#queue.remove(job)
    this.#queue.pushFirst(job)
  }

  async #runCell(node: RemoteNode, path: string, program: Program, signal?: AbortSignal) {
    const checked = checkedProgram(program, this.options.limits)
    try {
      const program = wireProgram(checked, performance.now())
      const answer = await node.post(`${path}/executions`, program, signal)
      return executionOf(answer, node.url)
    } catch (error) {
      const kind = error instanceof InfrastructureError ? error.kind : ''
      const lost = kind === 'node_failed' || kind === 'node_ejected' || kind === 'stray_answer'
      if (!lost || this.#closed) throw this.#failure(error)
      throw new InfrastructureError('worker_lost', (error as Error).message, { cause: error })
    }
  }

  /** A documented kind of failure, whatever was thrown. */
  #failure(error: unknown): Error {
    if (this.#closed) return new InfrastructureError('cancelled', closing, { cause: error })
    return asSandboxError(error)
  }
}

/** What is left of its deadline goes along, not a time of day. */
function wireProgram(program: CheckedProgram, acceptedAt: number) {
  const { code, stdin, seed, limits, files, fetchFiles } = program
  const left = Math.floor(limits.deadlineMs - (performance.now() - acceptedAt))
  return {
    code: code.toString(),
    limits: { ...limits, deadlineMs: Math.max(1, left) },
    ...(stdin && { stdin: stdin.toString() }),
    ...(seed !== null && { seed }),
    ...(fetchFiles.length > 0 && { fetchFiles }),
    ...(files.length > 0 && {
      files: Object.fromEntries(
        files.map(({ path, content }) => [path, content.toString('base64')]),
      ),
    }),
  }
}

/** Without what would double a slash when a path is put behind it. */
function addressOf(text: string): string {
  const { origin, pathname } = new URL(text)
  return origin + pathname.replace(/\/$/, '')
}

const passed = new Set(['cancelled', 'overloaded', 'session_lost', 'worker_lost', 'sandbox_error'])

function asSandboxError(error: unknown): Error {
  if (error instanceof UserError) return error
  const kind = error instanceof InfrastructureError ? error.kind : ''
  if (error instanceof Error && passed.has(kind)) return error
  const why = error instanceof Error ? error.message : String(error)
  return new InfrastructureError('sandbox_error', why, { cause: error })
}
