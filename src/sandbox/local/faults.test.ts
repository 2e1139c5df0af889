// What breaks on our side: every promise settles, once, and the pool is whole again afterwards.

import { readdirSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { pythonExecutable } from '../../python/python-executable.ts'
import { startLocalPool } from '../create-sandbox.ts'
import type { LocalPool } from './local-pool.ts'

const twoWorkers = { workers: 2, slots: 2, preload: [] }
let pool: LocalPool
beforeAll(async () => {
  pool = await startLocalPool(twoWorkers)
})
afterAll(() => pool.close())

const code = 'import time; time.sleep(0.02); print(6 * 7)'

/** Children, grandchildren and so on, eldest first. */
function descendants(pid: number): number[] {
  const children = readdirSync('/proc').filter((name) => parentOf(name) === pid)
  return children.map(Number).flatMap((child) => [child, ...descendants(child)])
}

function parentOf(name: string): number | undefined {
  try {
    return Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${name}/status`, 'utf8'))?.[1])
  } catch {
    return undefined
  }
}

async function whole(of = pool): Promise<void> {
  while (of.state.workers < 2 || of.state.running > 0) {
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** Breaks something while programs run; each must print its answer all the same. */
async function survives(breakIt: (supervisor: number) => void, broken = pool): Promise<void> {
  await whole(broken)
  const running = Array.from({ length: 40 }, () => broken.execute({ code }))
  await running[3]
  breakIt(broken.state.pids[0] ?? 0)
  const answers = await Promise.all(running)
  expect(answers.map(({ stdout }) => stdout)).toEqual(answers.map(() => '42\n'))
  await whole(broken)
  expect(broken.state).toMatchObject({ running: 0, queued: 0, workers: 2 })
}

test('a supervisor is killed', () => survives((pid) => process.kill(pid, 'SIGKILL')))

test('each of the processes inside is killed in turn', async () => {
  // A pool of its own: it may hear of the last death only when its programs have ended.
  const shaken = await startLocalPool(twoWorkers)
  const count = descendants(shaken.state.pids[0] ?? 0).length
  expect(count).toBeGreaterThan(2)
  for (let index = 0; index < Math.min(4, count); index++) {
    await survives((pid) => {
      const victim = descendants(pid)[index]
      try {
        if (victim !== undefined) process.kill(victim, 'SIGKILL')
      } catch {
        // A snippet or a box that ended by itself meanwhile.
      }
    }, shaken)
  }
  await shaken.close()
})

test('a worker that is stopped gives no sign of life: its programs run elsewhere', async () => {
  await survives((pid) => process.kill(pid, 'SIGSTOP'))
})

test('a cancelled program whose worker is lost is not held against it', async () => {
  await whole()
  const controller = new AbortController()
  const innocent = { code: 'import time; time.sleep(5); "innocent"' }
  const running = pool.execute(innocent, controller.signal).catch((error) => error.kind)
  while (pool.state.running === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  for (const pid of pool.state.pids) process.kill(pid, 'SIGKILL')
  controller.abort()
  expect(await running).toBe('cancelled')
  await whole()
  const limits = { timeoutMs: 50 }
  expect((await pool.execute({ ...innocent, limits })).status).toBe('timeout')
})

test('a program that takes two workers down is given up and not run again', async () => {
  await whole()
  const hostile = 'import time; time.sleep(9); "hostile"'
  const running = pool.execute({ code: hostile })
  let open = true
  const settled = running
    .catch((error) => error)
    .finally(() => {
      open = false
    })
  while (open) {
    if (pool.state.running > 0) for (const pid of pool.state.pids) process.kill(pid, 'SIGKILL')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  expect(await settled).toMatchObject({ kind: 'sandbox_error' })
  await expect(pool.execute({ code: hostile })).rejects.toThrow(/not run again/)
  await whole()
})

test('a session whose worker dies is lost, and says so', async () => {
  await whole()
  const session = await pool.session()
  await session.execute({ code: 'x = 1' })
  for (const pid of pool.state.pids) process.kill(pid, 'SIGKILL')
  await expect(session.execute({ code: 'x' })).rejects.toMatchObject({ kind: 'session_lost' })
  await whole()
})

test('cancelling: queued or running, each promise settles and the slots come back', async () => {
  await whole()
  const controllers = Array.from({ length: 60 }, () => new AbortController())
  const running = controllers.map(({ signal }, index) =>
    pool
      .execute({ code: index % 2 ? 'while True: pass' : code }, signal)
      .catch((error) => error.kind),
  )
  await running[0]
  for (const controller of controllers) controller.abort()
  const ends = new Set((await Promise.all(running)).map((end) => end?.stdout ?? end))
  expect([...ends].sort()).toEqual(['42\n', 'cancelled'])
  await whole()
  expect((await pool.execute({ code })).stdout).toBe('42\n')
})

test('a program already cancelled, a full queue and a closed pool are typed errors', async () => {
  await expect(pool.execute({ code }, AbortSignal.abort())).rejects.toMatchObject({
    kind: 'cancelled',
  })
  const small = await startLocalPool({ workers: 1, slots: 1, queueLength: 1, preload: [] })
  const three = [1, 2, 3].map(() => small.execute({ code }).catch((error) => error.kind))
  expect((await Promise.all(three)).filter((end) => end === 'overloaded')).toHaveLength(1)
  const late = small.execute({ code: 'while True: pass', limits: { deadlineMs: 50 } })
  await expect(late).rejects.toMatchObject({ kind: 'overloaded' })
  await small.close()
  await expect(small.execute({ code })).rejects.toMatchObject({ kind: 'sandbox_error' })
})

test('a worker that cannot start is reported with what it said', async () => {
  const start = startLocalPool({ python: '/bin/false' })
  await expect(start).rejects.toThrow(/Python \(\/bin\/false\) could not be run/)
  expect(pythonExecutable()).not.toBe('/bin/false')
})
