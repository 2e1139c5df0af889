import { afterAll, beforeAll, expect, test } from 'vitest'
import { startLocalPool } from './create-sandbox.ts'
import type { LocalPool } from './local/local-pool.ts'

let pool: LocalPool
beforeAll(async () => {
  pool = await startLocalPool({ workers: 1, slots: 4, preload: [] })
})
afterAll(() => pool.close())

const endless = { code: 'while True: pass' }
const kindOf = (promise: Promise<unknown>) => promise.catch(({ kind }) => kind)
const aBit = () => new Promise((resolve) => setTimeout(resolve, 50))

test('a cell that is cancelled makes way for the next, which finds the variables', async () => {
  const session = await pool.session()
  await session.execute({ code: 'x = 7' })
  for (let round = 0; round < 3; round++) {
    const controller = new AbortController()
    const cancelled = kindOf(session.execute(endless, controller.signal))
    await aBit()
    controller.abort()
    expect(await cancelled).toBe('cancelled')
    expect((await session.execute({ code: 'x' })).stdout).toBe('7\n')
  }
  await session.close()
  expect(pool.state).toMatchObject({ running: 0, queued: 0, sessions: 0 })
})

test('a cell that waits is cancelled at once, and leaves at its deadline, which counts from its call', async () => {
  const session = await pool.session()
  const controller = new AbortController()
  const running = kindOf(session.execute(endless, controller.signal))
  const waiting = new AbortController()
  const cancelled = kindOf(session.execute({ code: '1' }, waiting.signal))
  const late = kindOf(session.execute({ code: '1', limits: { deadlineMs: 20 } }))
  const patient = session.execute({ code: 'print(2)' })
  waiting.abort()
  expect(await cancelled).toBe('cancelled')
  expect(await late).toBe('overloaded')
  expect(pool.state.running).toBe(1)
  controller.abort()
  expect(await running).toBe('cancelled')
  const { stdout, queueMs } = await patient
  expect(stdout).toBe('2\n')
  expect(queueMs).toBeGreaterThanOrEqual(20)
  await session.close()
})

test('a session whose interpreter is gone gives its place back without being closed', async () => {
  const session = await pool.session()
  const code = 'import os; os.kill(os.getppid(), 9)\nwhile True: pass'
  await session.execute({ code, limits: { timeoutMs: 100 } })
  expect(await kindOf(session.execute({ code: '1' }))).toBe('session_lost')
  expect(session.ended).toBe(true)
  expect(pool.state.sessions).toBe(0)
})

test('a cell in flight at its deadline is overloaded, once, and the session goes on', async () => {
  const session = await pool.session()
  expect(await kindOf(session.execute({ ...endless, limits: { deadlineMs: 30 } }))).toBe(
    'overloaded',
  )
  expect((await session.execute({ code: '1 + 1' })).stdout).toBe('2\n')
  await session.close()
})
