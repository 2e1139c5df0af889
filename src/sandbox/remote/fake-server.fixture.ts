// Servers that answer as a test wants, and pools of them, gone after each test.

import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach } from 'vitest'
import { defaultLimits } from '../limits.ts'
import { RemotePool, type RemotePoolOptions } from './remote-pool.ts'

const open: { close(): unknown }[] = []
afterEach(async () => {
  for (const one of open.splice(0)) await one.close()
})

export type Behaviour = (answer: () => void, response: ServerResponse, code: string) => void

/** After the test. */
export function closeLater(one: { close(): unknown }): void {
  open.push(one)
}

/** A server whose program prints its own text; `behave` decides when, and whether, it answers. */
export async function fakeServer(behave: Behaviour, { health = true } = {}) {
  const fake = { calls: 0, healthy: health, url: '', server: undefined as Server | undefined }
  const server = createServer(async (request, response) => {
    if (request.url === '/v1/health') {
      if (!fake.healthy) return
      response.end(JSON.stringify({ tier: 'landlock', freeSlots: 4, running: 0, queued: 0 }))
      return
    }
    if (request.method === 'DELETE') {
      response.writeHead(204).end()
      return
    }
    fake.calls++
    let text = ''
    for await (const chunk of request) text += chunk
    const { code } = JSON.parse(text || '{}')
    behave(() => response.end(JSON.stringify(execution(code))), response, code)
  })
  fake.server = server
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  fake.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  closeLater({
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  })
  return fake
}

export function execution(stdout: string) {
  return {
    ...{ status: 'ok', output: stdout, stdout, exception: null, exitCode: 0, signal: null },
    ...{ truncated: null, durationMs: 1, queueMs: 0, cpuMs: 1, peakMemoryBytes: 1 },
    tier: 'landlock',
  }
}

export async function connect(...servers: { url: string }[]) {
  return connectWith({}, ...servers)
}

export async function connectWith(
  options: Partial<RemotePoolOptions>,
  ...servers: { url: string }[]
) {
  const pool = await RemotePool.connect({
    servers: servers.map(({ url }) => url),
    token: undefined,
    limits: defaultLimits,
    queueLength: 1_000,
    session: { idleMs: 1_000, cells: 10, perWorker: 4 },
    pings: { everyMs: 25, patienceMs: 300 },
    ...options,
  })
  open.unshift(pool)
  return pool
}
