// One worker on this machine: a supervisor process that boxes and forks, spoken to by frames.

import { type ChildProcess, spawn } from 'node:child_process'
import { InfrastructureError } from '../../base/errors.ts'
import { encodeFrame, type Frame, frameReader } from './frames.ts'
import type { WorkerSettings } from './worker-settings.ts'

const startDeadlineMs = 180_000
const keptErrorCharacters = 4_000
/** Beats are counted, not time: an event loop of ours that was blocked has heard nothing either. */
const beatMs = 1_000
const silentBeats = 10

type Settle = { resolve: (frame: Frame) => void; reject: (error: Error) => void }

/** Ends with `close` or `kill`, or by itself when something of ours died; then `lost` is called. */
export class WorkerProcess {
  private readonly process: ChildProcess
  private readonly pending = new Map<number, Settle>()
  private errors = ''
  private ended = false
  private silence = 0
  private heart: NodeJS.Timeout | undefined
  /** Called once when the process is gone, whatever the reason. */
  onGone: (why: string) => void = () => {}
  /** Called with the number of a program that takes longer than a short one. */
  onLinger: (id: number) => void = () => {}
  /** Requests sent since the start. */
  requests = 0
  /** Sessions that live in it. */
  sessions = 0

  private constructor(settings: WorkerSettings) {
    this.process = spawn(settings.python, ['-s', '-B', settings.program, 'serve', settings.json], {
      env: settings.environment,
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true, // a Ctrl-C at the terminal is for us, who then end what runs in order
    })
    this.process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.errors = (this.errors + text).slice(-keptErrorCharacters)
    })
    this.process.stdin?.on('error', () => {})
    this.process.on('error', (error) => this.gone(error.message))
    this.process.on('exit', (code, signal) => this.gone(`exit ${signal ?? code}`))
  }

  /** A worker whose interpreters are warm. */
  static async start(settings: WorkerSettings): Promise<WorkerProcess> {
    const worker = new WorkerProcess(settings)
    const late = `not ready after ${startDeadlineMs / 1000} s`
    const timer = setTimeout(() => worker.kill(late), startDeadlineMs)
    try {
      await new Promise<Frame>((resolve, reject) => {
        worker.pending.set(0, { resolve, reject })
        worker.process.stdout?.on(
          'data',
          frameReader((frame) => worker.hear(frame)),
        )
      })
      worker.heart = setInterval(() => worker.beat(), beatMs)
      worker.heart.unref()
      return worker
    } finally {
      clearTimeout(timer)
    }
  }

  get pid(): number | undefined {
    return this.process.pid
  }

  get alive(): boolean {
    return !this.ended
  }

  /** Sends a request; resolves with the frame that answers it, rejects with `worker_lost`. */
  request(id: number, header: object, body: readonly Buffer[]): Promise<Frame> {
    if (this.ended) return Promise.reject(this.lost('it had ended before'))
    this.requests++
    return new Promise((resolve, reject) => {
      this.pending.set(id, { resolve, reject })
      this.process.stdin?.write(encodeFrame(header, body))
    })
  }

  cancel(id: number): void {
    if (!this.ended) this.process.stdin?.write(encodeFrame({ cancel: id }))
  }

  /** Lets the worker clear up after itself; resolves when it is gone. */
  async close(): Promise<void> {
    if (this.ended) return
    const gone = new Promise((resolve) => this.process.once('exit', resolve))
    const timer = setTimeout(() => this.kill('it did not end'), 5_000)
    this.process.stdin?.end()
    await gone
    clearTimeout(timer)
  }

  /** Waits for what runs and lives in it, then closes it. */
  async closeWhenIdle(): Promise<void> {
    while (this.pending.size + this.sessions > 0 && this.alive) {
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    await this.close()
  }

  kill(why: string): void {
    this.errors += `${why}\n`
    this.process.kill('SIGKILL')
  }

  /** While an answer is owed the worker is asked for a sign of life; one that is stopped gives none. */
  private beat(): void {
    if (this.pending.size === 0) this.silence = 0
    else if (this.silence++ < silentBeats) this.process.stdin?.write(encodeFrame({ ping: true }))
    else this.kill(`no sign of life for ${(silentBeats * beatMs) / 1000} s`)
  }

  private hear(frame: Frame): void {
    const { header } = frame
    this.silence = 0
    if (header['pong'] !== undefined) return
    if (header['lingers'] !== undefined) {
      this.onLinger(Number(header['lingers']))
      return
    }
    const { ready, ended, failed, opened, closed } = header
    const id = ready !== undefined ? 0 : Number(ended ?? failed ?? opened ?? closed)
    const settle = this.pending.get(id)
    this.pending.delete(id)
    if (failed === undefined) settle?.resolve(frame)
    else settle?.reject(new InfrastructureError(String(header['kind']), String(header['message'])))
  }

  private gone(why: string): void {
    if (this.ended) return
    this.ended = true
    clearInterval(this.heart)
    for (const settle of this.pending.values()) settle.reject(this.lost(why))
    this.pending.clear()
    this.onGone(this.lost(why).message)
  }

  private lost(why: string): InfrastructureError {
    const told = this.errors.trim()
    const message = `sandbox worker is gone (${why})${told === '' ? '' : `: ${told}`}`
    return new InfrastructureError('worker_lost', message)
  }
}
