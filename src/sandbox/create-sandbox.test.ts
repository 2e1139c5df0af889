import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createSandbox } from './create-sandbox.ts'
import { probe } from './probe.ts'
import type { Sandbox, Tier } from './sandbox.ts'

const python = process.env['RETOOL_PYTHON'] ?? 'python3'
const { tier: strongest, findings } = await probe(python)
const usable = findings.filter(({ usable }) => usable).map(({ tier }) => tier)
const tiers = [...new Set([strongest, 'landlock'])].filter((tier) => usable.includes(tier as Tier))

describe.each(tiers as Tier[])('a sandbox at tier %s', (tier) => {
  let sandbox: Sandbox
  beforeAll(async () => {
    sandbox = await createSandbox({ tier, workers: 1, preload: ['numpy', 'sympy'] })
  })
  afterAll(() => sandbox.close())

  test('prints as Python does and shows the last value as Jupyter does', async () => {
    const run = async (code: string) => (await sandbox.execute({ code })).stdout
    expect(await run('print(1)')).toBe('1\n')
    expect(await run('x = 2\nx + 1')).toBe('3\n')
    expect(await run('2 + 2;')).toBe('')
    expect(await run('None')).toBe('')
    expect(await run('')).toBe('')
  })

  test('tells every way in which a program can end', async () => {
    const endings = {
      'print(1)': ['ok', 0, null],
      '1/0': ['error', 1, null],
      'import os; os._exit(3)': ['exit', 3, null],
      'import os; os.abort()': ['signal', null, 'SIGABRT'],
      'while True: pass': ['timeout', null, 'SIGKILL'],
      'while True: print("y" * 100000)': ['output_limit', null, 'SIGKILL'],
    }
    const ended = await Promise.all(
      Object.keys(endings).map(async (code) => {
        const limits = { timeoutMs: code.includes('pass') ? 300 : 10_000 }
        const { status, exitCode, signal } = await sandbox.execute({ code, limits })
        return [code, [status, exitCode, signal]]
      }),
    )
    expect(Object.fromEntries(ended)).toEqual(endings)
  })

  test('an error is told with its type, message and trimmed traceback', async () => {
    const { exception, output, stdout } = await sandbox.execute({
      code: 'print("before")\ndef f(x):\n    return 1 / x\nf(0)',
    })
    expect(exception).toEqual({ type: 'ZeroDivisionError', message: 'division by zero' })
    expect(stdout).toBe('before\n')
    expect(output).toMatch(
      /^before\nTraceback \(most recent call last\):\n {2}File "main.py", line 4/,
    )
    expect(output).toMatch(
      /line 3, in f\n {4}return 1 \/ x\n.*ZeroDivisionError: division by zero\n$/s,
    )
    expect(output).not.toContain('harness')
  })

  test('a seed repeats random numbers; without one they differ', async () => {
    const code = 'import random, numpy; print(random.random(), numpy.random.rand())'
    const run = async (seed?: number) =>
      (await sandbox.execute(seed === undefined ? { code } : { code, seed })).stdout
    expect(await run(5)).toBe(await run(5))
    expect(await run()).not.toBe(await run())
  })
})
