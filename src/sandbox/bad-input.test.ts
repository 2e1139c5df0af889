// What a caller gets wrong: the same table for workers on this machine and for servers, for programs and
// for cells of a session. Each is refused with the name of the field, and no worker hears of it.

import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { UserError } from '../base/errors.ts'
import { createSandbox, startLocalPool } from './create-sandbox.ts'
import type { LocalPool } from './local/local-pool.ts'
import { WorkerProcess } from './local/worker-process.ts'
import type { Sandbox, SandboxSession } from './sandbox.ts'
import { SandboxServer } from './server/sandbox-server.ts'

const token = 'let me in'
const sandboxes: Record<string, Sandbox> = {}
const sessions: Record<string, SandboxSession> = {}
let pool: LocalPool
let server: SandboxServer
const asked = vi.spyOn(WorkerProcess.prototype, 'request')

beforeAll(async () => {
  pool = await startLocalPool({ workers: 1, preload: [] })
  server = await SandboxServer.start({ pool, version: '0', host: '127.0.0.1', port: 0, token })
  sandboxes['local'] = pool
  sandboxes['remote'] = await createSandbox({ servers: [server.url], token })
  for (const kind of ['local', 'remote']) {
    const session = await sandboxes[kind]?.session()
    if (session) sessions[kind] = session
  }
})
beforeEach(() => {
  asked.mockClear()
})
afterAll(async () => {
  await sandboxes['remote']?.close()
  await server.close()
  await pool.close()
})

async function refusal(run: () => unknown): Promise<string> {
  try {
    await run()
  } catch (error) {
    expect(error).toBeInstanceOf(UserError)
    return (error as UserError).message
  }
  return 'nothing was refused'
}

/** Children of ours that live. */
function processes(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'ProcessWrap').length
}

const bytes = Buffer.from('x')
const many = Array.from({ length: 1_001 }, (_, index) => `f${index}`)
const long = Array.from({ length: 40 }, (_, n) => `${n}/${'x'.repeat(240)}/${'y'.repeat(240)}`)
const programs: readonly [RegExp, unknown][] = [
  [/^program: expected an object, got "print\(1\)"$/, 'print(1)'],
  [/^program: expected an object, got null$/, null],
  [/^program: expected an object, got a list$/, []],
  [/^code: expected a string, got undefined$/, {}],
  [/^code: expected a string, got 5$/, { code: 5 }],
  [/^code: no UTF-8 can hold half a character \(at index 5\)$/, { code: 'x = "\ud800"' }],
  [/^code: 10000001 bytes; at most 10000000 are accepted$/, { code: '#'.repeat(10_000_001) }],
  [/^stdin: expected a string, got a Buffer$/, { code: '1', stdin: bytes }],
  [/^stdin: 10000002 bytes; at most 10000000/, { code: '1', stdin: 'é'.repeat(5_000_001) }],
  [/^stdni: no such field; did you mean stdin\?$/, { code: '1', stdni: '' }],
  [/^seed: expected a whole number from 0 to .* got -1$/, { code: '1', seed: -1 }],
  [/^seed: .* got "7"$/, { code: '1', seed: '7' }],
  [/^limits: expected an object, got 5$/, { code: '1', limits: 5 }],
  [/^limits: expected an object, got null$/, { code: '1', limits: null }],
  [/^limits.timeout: no such limit; did you mean timeoutMs/, { code: '1', limits: { timeout: 1 } }],
  [/^limits.timeoutMs: .* from 1 to 3600000, got -1$/, { code: '1', limits: { timeoutMs: -1 } }],
  [/^limits.timeoutMs: .* got "5"$/, { code: '1', limits: { timeoutMs: '5' } }],
  [/^limits.timeoutMs: .* got null$/, { code: '1', limits: { timeoutMs: null } }],
  [/^limits.deadlineMs: .* got NaN$/, { code: '1', limits: { deadlineMs: Number.NaN } }],
  [/^limits.memoryMb: .* from 16 to 1048576, got 10{9}$/, { code: '1', limits: { memoryMb: 1e9 } }],
  [/^files: expected an object, got a list$/, { code: '1', files: [bytes] }],
  [/^files: expected an object, got a Map$/, { code: '1', files: new Map([['x', bytes]]) }],
  [/^files.x: expected a Uint8Array, got "text"$/, { code: '1', files: { x: 'text' } }],
  [
    /^files: expected a relative path .* got "\/etc\/x"$/,
    { code: '1', files: { '/etc/x': bytes } },
  ],
  [/^files: expected a relative path/, { code: '1', files: { 'a/../../x': bytes } }],
  [/^files: expected a relative path/, { code: '1', files: { 'x\0y': bytes } }],
  [/^files: expected a relative path .* got ""$/, { code: '1', files: { '': bytes } }],
  [/^files: expected a relative path/, { code: '1', files: { ['é'.repeat(128)]: bytes } }],
  [/^files: expected a relative path/, { code: '1', files: { 'a//b': bytes } }],
  [/^files: a is both a file and a folder$/, { code: '1', files: { a: bytes, 'a/b': bytes } }],
  [/^files: 10000001 bytes together/, { code: '1', files: { x: Buffer.alloc(10_000_001) } }],
  [/^fetchFiles: expected a list of paths, got "x"$/, { code: '1', fetchFiles: 'x' }],
  [/^fetchFiles: expected a list of paths, got a list$/, { code: '1', fetchFiles: [1] }],
  [/^fetchFiles: expected a relative path/, { code: '1', fetchFiles: ['../x'] }],
  [/^fetchFiles: 1001 paths of \d+ characters; at most 1000/, { code: '1', fetchFiles: many }],
  [/^fetchFiles: 40 paths of 19\d+ characters/, { code: '1', fetchFiles: long }],
]

describe.each(['local', 'remote'])('a %s sandbox', (kind) => {
  test.each(programs)('refuses a program: %s', async (message, program) => {
    const run = () => sandboxes[kind]?.execute(program as never)
    expect(await refusal(run)).toMatch(message)
    const cell = () => sessions[kind]?.execute(program as never)
    expect(await refusal(cell)).toMatch(message)
    expect(asked).not.toHaveBeenCalled()
  })

  test('refuses a signal that is none', async () => {
    const signal = { timeoutMs: 5 } as never
    const message = /^signal: expected an AbortSignal, got an object$/
    expect(await refusal(() => sandboxes[kind]?.execute({ code: '1' }, signal))).toMatch(message)
    expect(await refusal(() => sessions[kind]?.execute({ code: '1' }, signal))).toMatch(message)
    expect(asked).not.toHaveBeenCalled()
  })

  test('refuses files for a cell', async () => {
    const cell = () => sessions[kind]?.execute({ code: '1', fetchFiles: ['x'] })
    expect(await refusal(cell)).toMatch(/^files: a cell of a session cannot be given files/)
    expect(asked).not.toHaveBeenCalled()
  })

  test('takes what is odd but fine: nothing, ten million bytes, and a NUL that Python refuses', async () => {
    const run = (code: string) => sandboxes[kind]?.execute({ code })
    expect(await run('')).toMatchObject({ status: 'ok', output: '' })
    expect(await run(`print(1)${'#'.repeat(9_999_992)}`)).toMatchObject({ stdout: '1\n' })
    expect(await run('print(1)\0')).toMatchObject({ exception: { type: 'SyntaxError' } })
  })

  test('a cell that was refused is not counted', async () => {
    const failed = await sessions[kind]?.execute({ code: '1/0' })
    expect(failed?.output).toContain('File "cell-1.py"')
  })
})

const servers = ['http://127.0.0.1:9']
test.each<[RegExp, unknown]>([
  [/^options: expected an object, got "local"$/, 'local'],
  [/^worker: no such option; did you mean workers\?$/, { worker: 2 }],
  [/^workers: expected a whole number from 1 to 1024, got 0$/, { workers: 0 }],
  [/^workers: .* got null$/, { workers: null }],
  [/^slots: .* got "2"$/, { slots: '2' }],
  [/^queueLength: .* got -1$/, { queueLength: -1 }],
  [/^scratchMb: .* from 1 to 1048576, got 1e\+99$/, { scratchMb: 1e99 }],
  [/^tier: no tier "ns-rot"; did you mean ns-root\?$/, { tier: 'ns-rot' }],
  [/^tier: no tier 3; expected one of ns-root, ns-user, landlock, unsafe$/, { tier: 3 }],
  [/^python: expected a text, got 3$/, { python: 3 }],
  [/^python: .* \(\/nowhere\) could not be run/, { python: '/nowhere' }],
  [/^preload: expected a list, got "numpy"$/, { preload: 'numpy' }],
  [/^preload: no_such_module: No module named/, { preload: ['no_such_module'] }],
  [/^readable: expected absolute paths .* got "data"$/, { readable: ['data'] }],
  [/^readable: .* that are there, got "\/no\/such\/folder"$/, { readable: ['/no/such/folder'] }],
  [/^limits.memory: no such limit; did you mean memoryMb\?$/, { limits: { memory: 1 } }],
  [/^limits.timeoutMs: .* got 1000000000000$/, { limits: { timeoutMs: 1e12 } }],
  [/^session.idleMs: .* got 0$/, { session: { idleMs: 0 } }],
  [/^session.idle: no such option; did you mean idleMs\?$/, { session: { idle: 1 } }],
  [/^session: expected an object, got null$/, { session: null }],
  [/^onWorkerLost: expected a function, got "log"$/, { onWorkerLost: 'log' }],
  [/^token: only servers are shown one/, { token }],
  [/^servers: expected at least one address/, { servers: [] }],
  [/^servers: expected a list, got "http:\/\/x"$/, { servers: 'http://x' }],
  [/^servers: expected addresses such as .* got "ftp:\/\/x"$/, { servers: ['ftp://x'] }],
  [/^token: .* it is empty$/, { servers, token: '' }],
  [/^token: expected printable ASCII characters/, { servers, token: 'é' }],
  [/^workers: servers decide that for themselves/, { servers, workers: 2 }],
])('createSandbox refuses an option: %s', async (message, options) => {
  const before = processes()
  expect(await refusal(() => createSandbox(options as never))).toMatch(message)
  await expect.poll(processes).toBe(before)
})

test('a token that does not match is told at once, one that is missing at the first program', async () => {
  const there = { servers: [server.url] }
  expect(await refusal(() => createSandbox({ ...there, token: 'wrong' }))).toBe(
    `token: does not match that of ${server.url}`,
  )
  const without = await createSandbox(there)
  const message = /^token: http:.* the token is missing or does not match/
  expect(await refusal(() => without.execute({ code: '1' }))).toMatch(message)
  expect(await refusal(() => without.session())).toMatch(message)
  await without.close()
  expect(asked).not.toHaveBeenCalled()
})
