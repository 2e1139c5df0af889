import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { defaultLimits } from '../limits.ts'
import { RemotePool } from './remote-pool.ts'

const open: { close(): unknown }[] = []
afterEach(async () => {
  for (const one of open.splice(0)) await one.close()
})

type Behaviour = (answer: () => void, response: ServerResponse) => void

/** A server whose program prints its own text; `behave` decides when, and whether, it answers. */
async function fakeServer(behave: Behaviour, { health = true } = {}) {
  const fake = { calls: 0, healthy: health, url: '', server: undefined as Server | undefined }
  const server = createServer(async (request, response) => {
    if (request.url === '/v1/health') {
      if (!fake.healthy) return
      response.end(JSON.stringify({ tier: 'landlock', freeSlots: 4, running: 0, queued: 0 }))
      return
    }
    fake.calls++
    let text = ''
    for await (const chunk of request) text += chunk
    const { code } = JSON.parse(text)
    behave(() => response.end(JSON.stringify(execution(code))), response)
  })
  fake.server = server
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  fake.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  open.push({
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  })
  return fake
}

function execution(stdout: string) {
  return {
    ...{ status: 'ok', output: stdout, stdout, exception: null, exitCode: 0, signal: null },
    ...{ truncated: null, durationMs: 1, queueMs: 0, cpuMs: 1, peakMemoryBytes: 1 },
    tier: 'landlock',
  }
}

async function connect(...servers: { url: string }[]) {
  const urls = servers.map(({ url }) => url)
  const pool = await RemotePool.connect({
    servers: urls,
    token: undefined,
    limits: defaultLimits,
    queueLength: 1_000,
    session: { idleMs: 1_000, cells: 10, perWorker: 4 },
  })
  open.unshift(pool)
  return pool
}

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
