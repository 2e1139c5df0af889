import { PassThrough } from 'node:stream'
import { expect, test, vi } from 'vitest'
import { createProgress, formatDuration } from './progress.ts'

/** A stream that keeps what is written to it. */
function outputStream(isTTY: boolean) {
  let written = ''
  const stream = Object.assign(new PassThrough(), { isTTY, columns: 120, rows: 40 })
  stream.on('data', (text) => {
    written += String(text)
  })
  Object.assign(stream, { cursorTo: () => true, clearLine: () => true, moveCursor: () => true })
  return { stream: stream as unknown as NodeJS.WriteStream, read: () => written }
}

test('in a log: a line at once, then at most one in ten seconds, and the last', () => {
  const { stream, read } = outputStream(false)
  let clock = 0
  const progress = createProgress({ title: 'rolling out', total: 8, stream, now: () => clock })
  clock = 1_000
  progress.update(1, 'reward 0.5')
  clock = 2_000
  progress.update(2)
  clock = 11_000
  progress.update(4)
  progress.update(8)
  progress.finish()
  progress.finish()
  expect(read().trim().split('\n')).toEqual([
    'rolling out 12%  1/8  7 s left  reward 0.5',
    'rolling out 50%  4/8  11 s left',
    'rolling out 100%  8/8',
  ])
})

test('the pace of a run that goes on is that of its own part', () => {
  const { stream, read } = outputStream(false)
  let clock = 0
  const options = { title: 'cold start', total: 32, before: 24, stream, now: () => clock }
  const progress = createProgress(options)
  clock = 20_000
  progress.update(26)
  expect(read()).toBe('cold start 81%  26/32  1 min 0 s left\n')
})

test('on a terminal: a bar with the count, ended by using', () => {
  vi.stubEnv('CI', '')
  vi.stubEnv('TERM', 'xterm')
  const { stream, read } = outputStream(true)
  {
    using progress = createProgress({ title: 'training', total: 4, stream })
    progress.update(2, 'loss 1.5')
  }
  vi.unstubAllEnvs()
  expect(read()).toMatch(/training \[█{12}░{12}\] 50% {2}2\/4/)
  expect(read()).toContain('loss 1.5')
})

test('durations in two units at most', () => {
  expect([400, 59_400, 61_000, 7_500_000].map(formatDuration)).toEqual([
    '0 s',
    '59 s',
    '1 min 1 s',
    '2 h 5 min',
  ])
})
