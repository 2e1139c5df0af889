// The time of day may jump: nothing here counts by it.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { startLocalPool } from './create-sandbox.ts'

afterEach(() => void vi.useRealTimers())

const wallClock = /\bDate\b|\btime\.time(_ns)?\b|\bdatetime\.(now|utcnow|today)\b|CLOCK_REALTIME/

test('no source of the sandbox asks for it', () => {
  const sources = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' }).filter(
    (path) => /\.(ts|py)$/.test(path) && !/\.(test|fixture)\.ts$/.test(path),
  )
  expect(sources.length).toBeGreaterThan(60)
  const asking = sources.filter((path) =>
    wallClock.test(readFileSync(join(import.meta.dirname, path), 'utf8')),
  )
  expect(asking).toEqual([])
})

test('sessions live, deadlines hold and idle sessions end while it jumps', async () => {
  const session = { idleMs: 400, cells: 10, perWorker: 4 }
  const pool = await startLocalPool({ workers: 1, preload: [], session })
  vi.useFakeTimers({ toFake: ['Date'] })
  const conversation = await pool.session()
  await conversation.execute({ code: 'x = 1' })
  vi.setSystemTime('2100-01-01')
  expect((await conversation.execute({ code: 'x + 1' })).stdout).toBe('2\n')
  vi.setSystemTime('1970-01-02')
  const late = pool.execute({ code: 'while True: pass', limits: { deadlineMs: 50 } })
  await expect(late).rejects.toMatchObject({ kind: 'overloaded' })
  const { status, durationMs } = await pool.execute({
    code: 'while True: pass',
    limits: { timeoutMs: 100 },
  })
  expect(status).toBe('timeout')
  expect(durationMs).toBeGreaterThanOrEqual(100)
  while (!conversation.ended) await new Promise((resolve) => setTimeout(resolve, 20))
  await expect(conversation.execute({ code: 'x' })).rejects.toThrow(/it was idle for 400 ms/)
  await pool.close()
})
