import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command } from 'commander'
import { afterEach, expect, test, vi } from 'vitest'
import { scratchFolder } from '../../test/scratch-folder.ts'
import { addSandbox } from './sandbox.ts'

const folder = scratchFolder()
afterEach(() => {
  process.exitCode = undefined
})

async function run(code: string, ...flags: string[]) {
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

test('--repeat prints rates', async () => {
  const { out, exitCode } = await run('print(1)', '--repeat', '5', '--preload', '')
  expect(exitCode).toBe(0)
  expect(out).toMatch(/programs\/s[\s\S]*5 ok, 0 failed/)
})
