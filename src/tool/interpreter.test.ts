import { expect, test } from 'vitest'
import { InfrastructureError } from '../base/errors.ts'
import type { Execution, Program, Sandbox, SandboxSession } from '../sandbox/sandbox.ts'
import { interpreter } from './interpreter.ts'

const execution = (output: string): Execution => ({
  status: output.startsWith('!') ? 'error' : 'ok',
  output,
  stdout: output,
  exception: null,
  exitCode: 0,
  signal: null,
  truncated: null,
  durationMs: 1,
  queueMs: 0,
  cpuMs: 1,
  peakMemoryBytes: 1,
  tier: 'unsafe',
})

/** A sandbox whose sessions remember their cells; a cell `lose` loses the session. */
function fakeSandbox() {
  const programs: Program[] = []
  let open = 0
  const session = async (): Promise<SandboxSession> => {
    const cells: string[] = []
    open++
    return {
      async execute({ code }) {
        if (code === 'lose') throw new InfrastructureError('worker_lost', 'worker 3 died')
        cells.push(code)
        return execution(cells.join(','))
      },
      async close() {
        open--
      },
    }
  }
  const sandbox: Sandbox = {
    tier: 'unsafe',
    async execute(program) {
      programs.push(program)
      return execution(program.code)
    },
    session,
    close: async () => {},
  }
  return { sandbox, programs, open: () => open }
}

const signal = new AbortController().signal
const cell = (code: string) => ({ tool: 'interpreter', arguments: { code } })

test('stateless: every snippet runs on its own, with the limits and the seed', async () => {
  const { sandbox, programs, open } = fakeSandbox()
  const tool = interpreter(sandbox, { limits: { timeoutMs: 500 }, seed: 3 })
  const output = await tool.call(cell('!x'), { trajectoryId: 'a', signal })
  expect(output).toMatchObject({ text: '!x', ok: false, status: 'error', durationMs: 1 })
  expect(programs).toEqual([{ code: '!x', limits: { timeoutMs: 500 }, seed: 3 }])
  expect(open()).toBe(0)
})

test('session: cells of a trajectory share one, others do not, and release closes it', async () => {
  const { sandbox, open } = fakeSandbox()
  const tool = interpreter(sandbox, { mode: 'session' })
  const run = async (id: string, code: string) =>
    (await tool.call(cell(code), { trajectoryId: id, signal })).text
  expect(await run('a', 'x')).toBe('x')
  expect(await run('b', 'y')).toBe('y')
  expect(await run('a', 'z')).toBe('x,z')
  expect(open()).toBe(2)
  await tool.release?.('a')
  expect(open()).toBe(1)
  await tool.close?.()
  expect(open()).toBe(0)
})

test('a session that is lost with its variables says so; before its first cell it is replaced', async () => {
  const { sandbox, open } = fakeSandbox()
  const tool = interpreter(sandbox, { mode: 'session' })
  const run = (code: string) => tool.call(cell(code), { trajectoryId: 'a', signal })
  await expect(run('lose')).rejects.toMatchObject({ kind: 'worker_lost' })
  expect(open()).toBe(0)
  expect((await run('x')).text).toBe('x')
  await expect(run('lose')).rejects.toMatchObject({ kind: 'session_lost' })
})
