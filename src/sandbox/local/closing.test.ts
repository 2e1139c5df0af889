import { expect, test } from 'vitest'
import { startLocalPool } from '../create-sandbox.ts'

/** Children of ours that live. */
function processes(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'ProcessWrap').length
}

const kindOf = (promise: Promise<unknown>) => promise.catch(({ kind }) => kind)

test('a pool that is closed while a worker is due for replacement starts no other', async () => {
  const pool = await startLocalPool({ workers: 1, recycleAfter: 1, preload: [] })
  const running = kindOf(pool.execute({ code: 'while True: pass' }))
  while (pool.state.running === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  await pool.close()
  expect(await running).toBe('cancelled')
  await expect.poll(processes).toBe(0)
})

test('closing settles what runs, what waits, and a session that is just being opened', async () => {
  const pool = await startLocalPool({ workers: 1, slots: 1, preload: [] })
  const closed = 'sandbox_error'
  const session = await pool.session()
  const promises = [
    ...Array.from({ length: 4 }, () => pool.execute({ code: 'while True: pass' })),
    session.execute({ code: 'while True: pass' }),
    session.execute({ code: '1' }),
    pool.session(),
  ].map(kindOf)
  await pool.close()
  const kinds = await Promise.all(promises)
  // The cells' turn comes when the pool is closed already.
  expect(kinds).toEqual([...Array(4).fill('cancelled'), closed, closed, 'cancelled'])
  expect(pool.state).toMatchObject({ running: 0, queued: 0, workers: 0 })
  expect(await kindOf(pool.execute({ code: '1' }))).toBe(closed)
  expect(await kindOf(pool.session())).toBe(closed)
  await expect.poll(processes).toBe(0)
})

test('a hundred thousand wait and most are cancelled: the rest run, each once, and nothing is left', async () => {
  const pool = await startLocalPool({ workers: 1, slots: 2, queueLength: 100_000, preload: [] })
  const controllers = Array.from({ length: 10 }, () => new AbortController())
  const settled = new Map<unknown, number>()
  const count = (end: unknown) => settled.set(end, (settled.get(end) ?? 0) + 1)
  const every = Array.from({ length: 100_000 }, (_, index) => {
    const signal = index % 5_000 === 0 ? undefined : controllers[index % 10]?.signal
    const program = { code: `print(${index})` }
    return pool.execute(program, signal).then(
      ({ stdout }) => count(stdout),
      (e) => count(e.kind),
    )
  })
  expect(pool.state.queued).toBeGreaterThan(99_000)
  await every[0]
  for (const controller of controllers) controller.abort()
  await Promise.all(every)
  const printed = [...settled].filter(([end]) => String(end).endsWith('\n'))
  expect(printed.every(([, times]) => times === 1)).toBe(true)
  for (let index = 0; index < 100_000; index += 5_000) expect(settled.get(`${index}\n`)).toBe(1)
  expect((settled.get('cancelled') ?? 0) + printed.length).toBe(100_000)
  while (pool.state.running > 0) await new Promise((resolve) => setTimeout(resolve, 5))
  expect(pool.state).toMatchObject({ running: 0, queued: 0, sessions: 0, workers: 1, freeSlots: 2 })
  await pool.close()
})
