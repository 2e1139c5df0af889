import { expect, test } from 'vitest'
import { type Behaviour, connect, fakeServer } from './fake-server.fixture.ts'
import type { RemotePool } from './remote-pool.ts'

async function printed(pool: RemotePool, count: number) {
  const names = Array.from({ length: count }, (_, index) => `program ${index}`)
  const answers = await Promise.all(names.map((code) => pool.execute({ code })))
  return { names, answers: answers.map(({ stdout }) => stdout) }
}

test('every program has its own answer while one server dies, one hangs and one is slow', async () => {
  const dying = await fakeServer((answer, response) => {
    if (dying.calls < 10) return answer()
    response.destroy()
    dying.server?.close()
  })
  const hanging = await fakeServer((answer) => {
    if (hanging.calls < 10) answer()
    else hanging.healthy = false
  })
  const slow = await fakeServer((answer) => setTimeout(answer, 5))
  const pool = await connect(dying, hanging, slow)
  const { names, answers } = await printed(pool, 400)
  expect(answers).toEqual(names)
  expect(slow.calls).toBeGreaterThan(100)
  expect(pool.up).not.toContain(hanging.url)
})

test('a server that comes back gets programs again', async () => {
  const returning = await fakeServer((answer) => answer(), { health: false })
  const steady = await fakeServer((answer) => answer())
  const pool = await connect(returning, steady)
  expect(pool.up).toEqual([steady.url])
  returning.healthy = true
  while (pool.up.length < 2) await new Promise((resolve) => setTimeout(resolve, 20))
  await printed(pool, 40)
  expect(returning.calls).toBeGreaterThan(0)
})

test('a full server is left alone for a while, and its programs are not lost', async () => {
  const full = await fakeServer((answer, response) => {
    if (full.calls > 1) return answer()
    response.statusCode = 429
    response.end('{"error":{"kind":"overloaded","message":"full"}}')
  })
  const pool = await connect(full)
  const { names, answers } = await printed(pool, 5)
  expect(answers).toEqual(names)
})

test('a program that fails on two servers is given up with a typed error', async () => {
  const broken: Behaviour = (_, response) => {
    response.statusCode = 503
    response.end('{"error":{"kind":"sandbox_error","message":"took down two workers"}}')
  }
  const [one, two] = [await fakeServer(broken), await fakeServer(broken)]
  const pool = await connect(one, two)
  await expect(pool.execute({ code: 'x' })).rejects.toMatchObject({ kind: 'sandbox_error' })
  expect([one.calls, two.calls]).toEqual([1, 1])
})

test('cancelling settles at once and closes the connection', async () => {
  let closed = 0
  const silent = await fakeServer((_, response) => response.on('close', () => closed++))
  const pool = await connect(silent)
  const controller = new AbortController()
  const running = pool.execute({ code: 'x' }, controller.signal)
  while (silent.calls === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  controller.abort()
  await expect(running).rejects.toMatchObject({ kind: 'cancelled' })
  while (closed === 0) await new Promise((resolve) => setTimeout(resolve, 5))
})

test('an address without a server is refused with the way out', async () => {
  await expect(connect({ url: 'http://127.0.0.1:9' })).rejects.toThrow(/sandbox serve/)
})
