import { mkdirSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { scratchFolder } from '../../test/scratch-folder.ts'
import { RunFolder } from '../run/folder.ts'
import type { Curve } from '../run/metric-query.ts'
import { recordFixture } from '../run/record.fixture.ts'
import { startViewServer, type ViewServer } from './server.ts'
import type { TransportTrajectory } from './transport.ts'

const root = scratchFolder()
const page = join(root, 'page')
const runs = join(root, 'runs')
let server: ViewServer
let live: RunFolder

beforeAll(async () => {
  mkdirSync(page)
  writeFileSync(join(page, 'index.html'), '<title>page</title>')
  live = RunFolder.create(join(runs, 'live'), {
    command: 'train',
    config: { rate: 1 },
    totalSteps: 9,
  })
  for (let step = 1; step <= 100; step++) live.recordMetrics(step, { loss: 1 / step })
  live.recordTrajectories(3, [
    recordFixture({ id: 'a', reward: 1 }),
    recordFixture({ id: 'b', reward: -1, ok: false }),
  ])
  live.recordWarning(3, { name: 'truncation', message: 'cut' })
  live.flush()
  const broken = RunFolder.create(join(runs, 'broken'), {
    command: 'train',
    config: { rate: 2 },
    totalSteps: 9,
  })
  broken.finish()
  truncateSync(join(runs, 'broken', 'run.db'), 5000)
  server = await startViewServer({ sources: [runs], page, host: '127.0.0.1', port: 0 })
})

afterAll(async () => {
  await server.close()
  live.finish()
})

async function get<Body = unknown>(path: string) {
  const response = await fetch(`${server.url}api${path}`)
  return { status: response.status, body: (await response.json()) as Body }
}

describe('runs as JSON', () => {
  test('a live run and a broken one beside it', async () => {
    const { body } = await get('/runs')
    expect(body).toMatchObject([
      {
        key: 'broken',
        state: null,
        damage: expect.arrayContaining([expect.objectContaining({ file: 'run.db' })]),
      },
      { key: 'live', state: { status: 'running', step: 100 }, trajectories: 2, warnings: 1 },
    ])
    expect((await get('/configs?run=live&run=broken')).body).toEqual([
      { key: 'rate', values: ['1', '2'], same: false },
    ])
  })

  test('curves are thinned to what was asked for and keep their extremes', async () => {
    const all = (await get('/runs/live/curve?name=loss&limit=200')).body
    expect(all).toMatchObject({ count: 100, x: { 0: 1, 99: 100 } })
    const thin = (await get<Curve>('/runs/live/curve?name=loss&limit=10')).body
    expect(thin.count).toBe(100)
    expect(thin.x.length).toBeLessThanOrEqual(11)
    expect(thin.high[0]).toBe(1)
    expect(thin.low.at(-1)).toBe(0.01)
    const part = (await get<Curve>('/runs/live/curve?name=loss&from=10&to=12')).body
    expect(part.x).toEqual([10, 11, 12])
  })

  test('trajectories are filtered, and one is read in full', async () => {
    const ids = async (query: string) =>
      (await get<{ rows: { id: string }[] }>(`/runs/live/trajectories?${query}`)).body.rows.map(
        ({ id }) => id,
      )
    expect(await ids('correct=true')).toEqual(['a'])
    expect(await ids('errors=1..')).toEqual(['b'])
    expect(await ids('reward=-1..0&text=print')).toEqual(['b'])
    expect(await ids('sort=reward&descending=false')).toEqual(['b', 'a'])
    const { body } = await get<TransportTrajectory>('/runs/live/trajectory?phase=train&step=3&id=a')
    expect(body.segments[1]).toMatchObject({ author: 'policy', logprobs: [-0.5, -0.25, 0, -1] })
    expect(body.tokenValues.advantages).toEqual([0, 0, 0.5, 0.5, 0.5, 0.5, 0, 0.5])
    expect((await get('/runs/live/behaviour')).body).toMatchObject([{ step: 3, accuracy: 0.5 }])
    expect((await get('/runs/live/warnings')).body).toMatchObject([{ name: 'truncation' }])
  })

  test('what does not exist or does not parse is refused by name', async () => {
    expect((await get('/runs/none')).status).toBe(404)
    expect((await get('/runs/..%2F..%2Fetc')).status).toBe(404)
    expect((await get('/runs/live/trajectory?phase=train&step=3&id=zz')).status).toBe(404)
    expect((await get('/nonsense')).status).toBe(404)
    expect(await get('/runs/live/trajectories?sort=bogus')).toMatchObject({
      status: 400,
      body: { error: expect.stringContaining('sort') },
    })
    expect((await get('/runs/live/trajectories?reward=1')).status).toBe(400)
  })
})

test('open pages hear which run has changed', async () => {
  const controller = new AbortController()
  const response = await fetch(`${server.url}api/live`, { signal: controller.signal })
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  let heard = ''
  let wrote = false
  while (!heard.includes('changed')) {
    const { value = '', done } = (await reader?.read()) ?? { done: true }
    heard += value
    if (done) break
    if (!wrote && heard.includes('hello')) {
      live.recordMetrics(101, { loss: 0 })
      live.flush()
      wrote = true
    }
  }
  controller.abort()
  expect(heard).toContain('data: ["live"]')
})

describe('who may look', () => {
  test('the page comes with headers that let no foreign script run', async () => {
    const response = await fetch(server.url)
    expect(await response.text()).toBe('<title>page</title>')
    const policy = response.headers.get('content-security-policy')
    expect(policy).toContain("script-src 'self'")
    expect(policy).toContain("require-trusted-types-for 'script'")
  })

  test('a name that another site has pointed at us is refused', async () => {
    const { default: http } = await import('node:http')
    const status = await new Promise((resolve) => {
      const { port } = new URL(server.url)
      const headers = { host: `evil.example:${port}` }
      http.get({ port, host: '127.0.0.1', path: '/api/runs', headers }, (response) => {
        response.resume()
        resolve(response.statusCode)
      })
    })
    expect(status).toBe(403)
  })

  test('another address asks for the token, once in the address and then by cookie', async () => {
    const open = await startViewServer({ sources: [runs], page, host: '0.0.0.0', port: 0 })
    try {
      const { port, searchParams } = new URL(open.url)
      const base = `http://127.0.0.1:${port}/`
      const token = searchParams.get('token') ?? ''
      expect(token).toMatch(/^[0-9a-f]{32}$/)
      expect((await fetch(base)).status).toBe(403)
      expect((await fetch(`${base}?token=wrong`)).status).toBe(403)
      const response = await fetch(`${base}?token=${token}`)
      expect(response.status).toBe(200)
      const cookie = response.headers.get('set-cookie') ?? ''
      expect(cookie).toMatch(/HttpOnly.*SameSite=Strict/)
      const headers = { cookie: cookie.split(';')[0] ?? '' }
      expect((await fetch(`${base}api/runs`, { headers })).status).toBe(200)
      expect((await fetch(`${base}api/runs`)).status).toBe(403)
    } finally {
      await open.close()
    }
  })

  test('a taken port is a mistake that the message mends', async () => {
    const { port } = new URL(server.url)
    await expect(
      startViewServer({ sources: [runs], page, host: '127.0.0.1', port: Number(port) }),
    ).rejects.toThrow(/--port/)
  })
})
