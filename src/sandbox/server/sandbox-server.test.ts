import { afterAll, beforeAll, expect, test } from 'vitest'
import { startLocalPool } from '../create-sandbox.ts'
import type { LocalPool } from '../local/local-pool.ts'
import { sandboxApp } from './sandbox-app.ts'
import { SandboxServer } from './sandbox-server.ts'

let pool: LocalPool
let server: SandboxServer
const token = 'let me in'
const headers = { authorization: `Bearer ${token}` }

beforeAll(async () => {
  pool = await startLocalPool({ workers: 1, slots: 2, queueLength: 2, lingering: 0, preload: [] })
  server = await SandboxServer.start({ pool, version: '0', host: '127.0.0.1', port: 0, token })
})
afterAll(async () => {
  await server.close()
  await pool.close()
})

async function post(path: string, body: unknown, signal?: AbortSignal) {
  const asIs = typeof body === 'string' || Buffer.isBuffer(body)
  const text = asIs ? body : JSON.stringify(body)
  const response = await fetch(server.url + path, {
    method: 'POST',
    headers,
    body: text,
    ...(signal && { signal }),
  })
  return { response, json: (await response.json().catch(() => null)) as Record<string, unknown> }
}

test('runs a program and tells the free slots', async () => {
  const { response, json } = await post('/v1/executions', { code: 'print(input())', stdin: 'hi' })
  expect(json).toMatchObject({ status: 'ok', stdout: 'hi\n', exitCode: 0, tier: pool.tier })
  expect(response.headers.get('x-free-slots')).toBe('2')
})

test('answers /run_code with the fields of SandboxFusion', async () => {
  const code = `import sys
print(sys.stdin.read(), open('in').read())
open('out', 'w').write('made')
1/0`
  const files = { in: Buffer.from('given').toString('base64') }
  const request = { code, language: 'python', stdin: 'x', files, fetch_files: ['out'] }
  const { json } = await post('/run_code', { ...request, run_timeout: 5, compile_timeout: 5 })
  expect(json).toMatchObject({
    status: 'Failed',
    message: '',
    compile_result: null,
    executor_pod_name: null,
    files: { out: Buffer.from('made').toString('base64') },
    run_result: { status: 'Finished', return_code: 1, stdout: 'x given\n' },
  })
  expect(JSON.stringify(json)).toContain('ZeroDivisionError: division by zero')
  const slow = await post('/run_code', {
    code: 'while 1: pass',
    language: 'python',
    run_timeout: 0.2,
  })
  expect(slow.json).toMatchObject({ run_result: { status: 'TimeLimitExceeded' } })
})

const program = (fields: object) => JSON.stringify({ code: '1', ...fields })
const fusion = (fields: object) => JSON.stringify({ code: '1', language: 'python', ...fields })
test.each([
  ['/v1/executions', '{"code": ', /^body: expected JSON/],
  ['/v1/executions', '', /^body: expected JSON/],
  ['/v1/executions', '[]', /^body: /],
  ['/v1/executions', Buffer.from([0x22, 0xff, 0x22]), /^body: expected UTF-8$/],
  ['/v1/executions', '{}', /^code: /],
  ['/v1/executions', '{"code": 1}', /^code: /],
  ['/v1/executions', program({ code: '#'.repeat(10_000_001) }), /^code: 10000001 bytes; at most/],
  ['/v1/executions', program({ stdni: '' }), /^stdni: no such field; did you mean stdin\?/],
  ['/v1/executions', program({ seed: -1 }), /^seed: /],
  ['/v1/executions', program({ limits: { timeoutMs: 0 } }), /^limits.timeoutMs: .* got 0$/],
  [
    '/v1/executions',
    program({ limits: { timeoutMs: 1e12 } }),
    /^limits.timeoutMs: .* got 1000000000000$/,
  ],
  ['/v1/executions', program({ limits: { memoryMb: 1.5 } }), /^limits.memoryMb: /],
  ['/v1/executions', program({ limits: { deadlineMs: -5 } }), /^limits.deadlineMs: /],
  ['/v1/executions', program({ limits: { memory: 1 } }), /^memory: no such field/],
  ['/v1/executions', program({ files: { '../x': 'aGk=' } }), /^files: expected a relative path/],
  ['/v1/executions', program({ files: { '/etc/x': 'aGk=' } }), /^files: expected a relative path/],
  ['/v1/executions', program({ files: { x: '%%%' } }), /^files.x: expected base64/],
  ['/v1/executions', program({ fetchFiles: ['/etc/passwd'] }), /^fetchFiles: expected a relative/],
  ['/run_code', '{"code": "1"}', /^language: /],
  ['/run_code', fusion({ language: 'cpp' }), /^language: expected python, got "cpp"$/],
  ['/run_code', fusion({ lang: 'python' }), /^lang: no such field/],
  ['/run_code', fusion({ run_timeout: -1 }), /^run_timeout: expected more than 0/],
  ['/run_code', fusion({ run_timeout: 1e9 }), /^run_timeout: /],
  ['/run_code', fusion({ memory_limit_MB: 1 }), /^memory_limit_MB: /],
  ['/run_code', fusion({ files: { '../x': 'aGk=' } }), /^files: expected a relative path/],
  ['/run_code', fusion({ fetch_files: ['../x'] }), /^fetch_files: expected a relative path/],
])('%s refuses %s with the name of the field, and runs nothing', async (path, body, message) => {
  const executions = async () => {
    const text = await (await fetch(`${server.url}/metrics`, { headers })).text()
    return text.split('\n').filter((line) => line.startsWith('sandbox_executions_total'))
  }
  const before = await executions()
  const { response, json } = await post(path, body)
  expect(response.status).toBe(400)
  expect((json['error'] as { message: string }).message).toMatch(message)
  expect(await executions()).toEqual(before)
})

test('refuses a token that does not match, and other addresses without one', async () => {
  const answer = await fetch(`${server.url}/v1/executions`, {
    method: 'POST',
    headers: { authorization: 'Bearer wrong' },
    body: '{"code":"1"}',
  })
  expect(answer.status).toBe(401)
  const open = { pool, version: '0', host: '0.0.0.0', port: 0 }
  await expect(SandboxServer.start(open)).rejects.toThrow(/--token TEXT, or --no-token/)
})

test('turns requests away when full, with retry-after, and counts them', async () => {
  const controller = new AbortController()
  const endless = () => post('/v1/executions', { code: 'while True: pass' }, controller.signal)
  const taken = Promise.allSettled([endless(), endless(), endless(), endless()])
  while (pool.state.running + pool.state.queued < 4) {
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  const refused = await Promise.all(
    Array.from({ length: 8 }, () => post('/v1/executions', { code: '' })),
  )
  for (const { response } of refused) {
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, '1'])
  }
  controller.abort()
  await taken
  while (pool.state.running > 0) await new Promise((resolve) => setTimeout(resolve, 5))
  const metrics = await (await fetch(`${server.url}/metrics`, { headers })).text()
  expect(metrics).toContain('sandbox_failures_total{kind="overloaded"} 8')
  expect(metrics).toContain('sandbox_free_slots 2')
})

test('a closed connection stops its program', async () => {
  const controller = new AbortController()
  const request = post('/v1/executions', { code: 'while True: pass' }, controller.signal)
  while (pool.state.running === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  controller.abort()
  await expect(request).rejects.toThrow()
  while (pool.state.running > 0) await new Promise((resolve) => setTimeout(resolve, 5))
})

test('a repeated request adopts the first one', async () => {
  const request = { code: 'import os; print(os.urandom(8))', id: 'same' }
  const [first, second] = await Promise.all([
    post('/v1/executions', request),
    post('/v1/executions', request),
  ])
  expect(first.json['stdout']).toBe(second.json['stdout'])
})

test('sessions keep variables and end', async () => {
  const { id } = (await post('/v1/sessions', {})).json
  await post(`/v1/sessions/${id}/executions`, { code: 'x = 41' })
  const { json } = await post(`/v1/sessions/${id}/executions`, { code: 'x + 1' })
  expect(json).toMatchObject({ stdout: '42\n' })
  await fetch(`${server.url}/v1/sessions/${id}`, { method: 'DELETE', headers })
  const lost = await post(`/v1/sessions/${id}/executions`, { code: 'x' })
  expect(lost.response.status).toBe(410)
})

test('describes itself', async () => {
  const health = await (await fetch(`${server.url}/v1/health`)).json()
  expect(health).toMatchObject({ status: 'ok', tier: pool.tier, workers: 1, freeSlots: 2 })
  const answer = await fetch(`${server.url}/openapi.json`, { headers })
  const description = (await answer.json()) as { paths: object }
  expect(Object.keys(description.paths)).toContain('/v1/executions')
})

test('an answer, a refusal too, names the request that it answers', async () => {
  for (const code of ['1', 5]) {
    const response = await fetch(`${server.url}/v1/executions`, {
      method: 'POST',
      headers: { ...headers, 'x-request-id': `for ${code}` },
      body: JSON.stringify({ code }),
    })
    expect(response.headers.get('x-request-id')).toBe(`for ${code}`)
  }
})

test('turns programs away while it stops, so that clients go elsewhere', async () => {
  const app = sandboxApp({ pool, version: '0', stopping: AbortSignal.abort() })
  const response = await app.request('/v1/executions', { method: 'POST', body: '{"code":"1"}' })
  expect([response.status, response.headers.get('retry-after')]).toEqual([429, '1'])
})

test('finishes what runs before it stops', async () => {
  const own = await SandboxServer.start({ pool, version: '0', host: '127.0.0.1', port: 0 })
  const body = JSON.stringify({ code: 'import time; time.sleep(0.3); print("whole")' })
  const running = fetch(`${own.url}/v1/executions`, { method: 'POST', body })
  while (pool.state.running === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  const closing = own.close()
  expect(await (await running).json()).toMatchObject({ stdout: 'whole\n' })
  await closing
})
