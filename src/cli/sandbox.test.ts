import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { afterAll, afterEach, expect, test, vi } from 'vitest'
import { addSandbox } from './sandbox.ts'

const folder = mkdtempSync(join(tmpdir(), 'retool-cli-sandbox-'))
afterAll(() => rmSync(folder, { recursive: true }))
afterEach(() => {
  process.exitCode = undefined
})

async function run(code: string | Buffer, ...flags: string[]) {
  const file = join(folder, 'program.py')
  writeFileSync(file, code)
  let out = ''
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += text
    return true
  })
  const program = new Command().exitOverride()
  addSandbox(program)
  try {
    await program.parseAsync(['node', 'retool-rl', 'sandbox', 'run', file, ...flags])
    return { out, exitCode: process.exitCode }
  } finally {
    write.mockRestore()
  }
}

test('--json prints one line with exactly the documented keys', async () => {
  const { out, exitCode } = await run(
    'import random; print(random.random())',
    '--json',
    '--seed',
    '1',
  )
  expect(exitCode).toBe(0)
  expect(out.split('\n')).toHaveLength(2)
  expect(Object.keys(JSON.parse(out)).join(' ')).toBe(
    'status output stdout exception exitCode signal truncated durationMs queueMs cpuMs peakMemoryBytes tier',
  )
  expect(JSON.parse(out)).toMatchObject({ status: 'ok', stdout: '0.13436424411240122\n' })
})

test('a program that ends badly prints its error and gives 1', async () => {
  const { out, exitCode } = await run('print("so far")\n1/0')
  expect(exitCode).toBe(1)
  expect(out).toMatch(/^so far\nTraceback[\s\S]*ZeroDivisionError: division by zero\n$/)
})

test('--repeat prints rates, and a sandbox that fails gives 3', async () => {
  const { out, exitCode } = await run('print(1)', '--repeat', '5', '--preload', '')
  expect(exitCode).toBe(0)
  expect(out).toMatch(/programs\/s[\s\S]*5 ok, 0 failed/)
  expect((await run('print(1)', '--python', '/nowhere')).exitCode).toBe(3)
})

test.each([
  ['print(1)', ['--tier', 'ns-rot'], /--tier ns-rot: .* did you mean ns-root/],
  ['print(1)', ['--timeout-ms', 'soon'], /--timeout-ms: expected a whole number/],
  ['print(1)', ['--stdin', '/nowhere'], /--stdin: no such file/],
  [Buffer.from([0xff, 0xfe]), [], /program.py: not UTF-8/],
])('refuses %s with %s', async (code, flags, message) => {
  await expect(run(code, ...flags)).rejects.toThrow(message)
})
