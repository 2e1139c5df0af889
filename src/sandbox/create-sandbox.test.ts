import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { pythonExecutable } from '../python/python-executable.ts'
import { createSandbox } from './create-sandbox.ts'
import { probe } from './probe.ts'
import type { Sandbox, Tier } from './sandbox.ts'

const { tier: strongest, findings } = await probe(pythonExecutable())
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

  test('files are given and fetched, and nothing else is', async () => {
    const { stdout, files } = await sandbox.execute({
      code: `import os
print(open('data/in.txt').read())
open('out.txt', 'w').write('written')
os.symlink('/etc/passwd', 'link')
os.chdir('/')`,
      files: { 'data/in.txt': Buffer.from('given') },
      fetchFiles: ['out.txt', 'link', 'absent'],
    })
    expect(stdout).toBe('given\n')
    expect(files).toEqual({ 'out.txt': Buffer.from('written').toString('base64') })
  })

  test('text with other line ends, a mark at its beginning and odd characters keeps its lines', async () => {
    const run = async (code: string) => (await sandbox.execute({ code })).output
    expect(await run('x = 1\rx + 1')).toBe('2\n')
    expect(await run('\ufeffprint("""a\r\nb""")')).toBe('a\nb\n')
    expect(await run('# page\f\u2028\u0085break\n\n1 / 0 # here')).toContain(
      'File "main.py", line 3, in <module>\n    1 / 0 # here',
    )
  })

  test('a closed session stops its cell, which is no result; more cells than can wait are refused', async () => {
    const session = await sandbox.session()
    const kinds = [1, 2].map(() =>
      session.execute({ code: 'while True: pass' }).catch((e) => e.kind),
    )
    await new Promise((resolve) => setTimeout(resolve, 100))
    const crowd = Array.from({ length: 63 }, () =>
      session.execute({ code: '' }).catch((e) => e.kind),
    )
    expect((await Promise.allSettled([crowd.at(-1)]))[0]).toMatchObject({ value: 'overloaded' })
    await session.close()
    expect(await Promise.all(kinds)).toEqual(['cancelled', 'session_lost'])
    expect(session.ended).toBe(true)
    expect((await sandbox.execute({ code: 'print(1)' })).stdout).toBe('1\n')
  })

  test('an idle session ends by itself and gives its place back', async () => {
    const own = await createSandbox({
      ...{ tier, workers: 1, preload: [] },
      session: { idleMs: 30, perWorker: 1, cells: 2 },
    })
    const idle = await own.session()
    await expect(own.session()).rejects.toMatchObject({ kind: 'overloaded' })
    while (!idle.ended) await new Promise((resolve) => setTimeout(resolve, 10))
    await expect(idle.execute({ code: '1' })).rejects.toThrow(/it was idle for 30 ms/)
    await own.session()
    await own.close()
  })

  test('a session keeps variables between cells, and its random numbers go on', async () => {
    const session = await sandbox.session()
    expect((await session.execute({ code: 'x = 20\ndef f(): return 1 / 0' })).status).toBe('ok')
    expect((await session.execute({ code: 'x + 1' })).stdout).toBe('21\n')
    const failed = await session.execute({ code: 'x = 22\nf()' })
    expect(failed.status).toBe('error')
    expect(failed.output).toContain('File "cell-3.py", line 2')
    expect(failed.output).toContain('File "cell-1.py", line 2, in f\n    def f(): return 1 / 0')
    expect((await session.execute({ code: 'print(x, end="")' })).stdout).toBe('22')
    await session.close()
    await expect(session.execute({ code: '1' })).rejects.toMatchObject({ kind: 'session_lost' })
  })
})

describe.runIf(strongest?.startsWith('ns'))('a transactional session', () => {
  test('a cell that is stopped or crashes leaves the variables as they were', async () => {
    const sandbox = await createSandbox({ workers: 1, preload: [] })
    const session = await sandbox.session()
    const run = (code: string) => session.execute({ code, limits: { timeoutMs: 300 } })
    await run('x = [1]')
    expect((await run('x.append(2)\nwhile True: pass')).status).toBe('timeout')
    expect((await run('x')).stdout).toBe('[1]\n')
    expect((await run('x.append(3)\nimport os; os.abort()')).signal).toBe('SIGABRT')
    expect((await run('x')).stdout).toBe('[1]\n')
    expect((await run('x.append(4)\nimport os; os._exit(5)')).exitCode).toBe(5)
    expect((await run('import os; os.kill(os.getppid(), 9)\nwhile True: pass')).status).toBe(
      'timeout',
    )
    await expect(run('x')).rejects.toMatchObject({ kind: 'session_lost' })
    await sandbox.close()
  })
})

test("a user's own interpreter and modules are taken, and a module that is not there is named", async () => {
  const python = pythonExecutable()
  const sandbox = await createSandbox({ python, workers: 1, preload: ['colorsys', 'json'] })
  const code = 'import sys; print("colorsys" in sys.modules)\nexec("import numpy")'
  expect((await sandbox.execute({ code })).stdout).toBe('True\n')
  await sandbox.close()
  await expect(createSandbox({ workers: 1, preload: ['jsonn'] })).rejects.toThrow(
    /^preload: jsonn: No module named 'jsonn'$/,
  )
})
