// Progress of long work on standard error: a bar with the time left on a terminal, a line now and
// then in a log.

import { SingleBar } from 'cli-progress'
import { isLive } from './terminal.ts'

export interface Progress extends Disposable {
  /** How much is done by now, and a few words on the present. */
  update(done: number, detail?: string): void
  /** Ends the bar; called by `using` as well. */
  finish(): void
}

export interface ProgressOptions {
  readonly title: string
  readonly total: number
  /** How much an earlier run had done; it says nothing about the pace of this one. 0 by default. */
  readonly before?: number
  /** Where to write; tests give their own. */
  readonly stream?: NodeJS.WriteStream
  /** Milliseconds since some moment; tests give their own. */
  readonly now?: () => number
}

/** In a log, at most one line in this time. */
const logIntervalMs = 10_000

export function createProgress(options: ProgressOptions): Progress {
  const stream = options.stream ?? process.stderr
  return isLive(stream) ? liveBar(options, stream) : plainLines(options, stream)
}

function liveBar(options: ProgressOptions, stream: NodeJS.WriteStream): Progress {
  const { title, total } = options
  const bar = new SingleBar({
    stream,
    format: `${title} [{bar}] {percentage}%  {value}/{total}  {left}  {detail}`,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 24,
    hideCursor: true,
    etaBuffer: 20,
    linewrap: false,
    clearOnComplete: false,
    gracefulExit: true,
  })
  const leftIn = timeLeft(options, () => performance.now())
  bar.start(total, 0, { detail: '', left: '' })
  const finish = () => {
    if (bar.isActive) bar.stop()
  }
  return {
    update: (done, detail = '') => bar.update(done, { detail, left: leftIn(done) }),
    finish,
    [Symbol.dispose]: finish,
  }
}

function plainLines(options: ProgressOptions, stream: NodeJS.WriteStream): Progress {
  const { title, total } = options
  const now = options.now ?? (() => performance.now())
  const leftIn = timeLeft(options, now)
  let saidAt = Number.NEGATIVE_INFINITY
  let saidDone = -1
  let last: readonly [number, string] = [0, '']
  const say = ([done, detail]: readonly [number, string]) => {
    saidAt = now()
    saidDone = done
    const percent = total > 0 ? Math.floor((done / total) * 100) : 100
    const parts = [`${title} ${percent}%`, `${done}/${total}`, leftIn(done), detail]
    stream.write(`${parts.filter((part) => part !== '').join('  ')}\n`)
  }
  const finish = () => {
    if (last[0] > saidDone) say(last)
  }
  return {
    update: (done, detail = '') => {
      last = [done, detail]
      if (now() - saidAt >= logIntervalMs) say(last)
    },
    finish,
    [Symbol.dispose]: finish,
  }
}

const fairShare = 0.05
const fairTime = 60_000

/**
 * Words for the time left, from the mean pace so far. '' before there is a fair one: where many
 * things run at a time, the first comes late and the others soon after.
 */
function timeLeft(
  { total, before = 0 }: ProgressOptions,
  now: () => number,
): (done: number) => string {
  const began = now()
  return (done) => {
    const elapsed = now() - began
    const ours = done - before
    if (ours <= 0 || done >= total) return ''
    if (ours / (total - before) < fairShare && elapsed < fairTime) return ''
    return `${formatDuration((elapsed / ours) * (total - done))} left`
  }
}

/** 42 s, 3 min 5 s, 2 h 10 min. */
export function formatDuration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000)
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  return minutes < 60
    ? `${minutes} min ${seconds % 60} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}
