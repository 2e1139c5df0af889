import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { scratchFolder } from '../../test/scratch-folder.ts'
import { pythonExecutable } from '../python/python-executable.ts'
import { createSandbox } from './create-sandbox.ts'
import { defaultLimits } from './limits.ts'
import { modelText, type Outcome } from './model-text.ts'
import type { Sandbox } from './sandbox.ts'

const fine: Outcome = {
  status: 'ok',
  stdout: '1\n',
  traceback: '',
  exception: null,
  exitCode: 0,
  signal: null,
  truncated: null,
  durationMs: 1,
  queueMs: 0,
  cpuMs: 1,
  peakMemoryBytes: 1,
  tier: 'landlock',
}
const text = (change: Partial<Outcome>, characters?: number) =>
  modelText({ ...fine, ...change }, defaultLimits, characters)

describe('what the model reads', () => {
  test.each<[string, Partial<Outcome>, string]>([
    ['output alone', {}, '1\n'],
    ['nothing', { stdout: '' }, ''],
    [
      'an error below output without a newline',
      { status: 'error', stdout: 'a', traceback: 'E\n' },
      'a\nE\n',
    ],
    ['an exit status', { status: 'exit', exitCode: 3 }, '1\n[exit status 3]\n'],
    [
      'a signal',
      { status: 'signal', signal: 'SIGSEGV', stdout: '' },
      '[ended by signal SIGSEGV; there was no output]\n',
    ],
    [
      'a timeout',
      { status: 'timeout' },
      '1\n[execution stopped after 10 s; partial output above]\n',
    ],
    [
      'memory',
      { status: 'memory_limit' },
      '1\n[execution stopped: memory limit of 512 MB; partial output above]\n',
    ],
    [
      'processor time',
      { status: 'cpu_limit', stdout: '' },
      '[execution stopped: processor time limit; there was no output]\n',
    ],
    ['output', { status: 'output_limit' }, '1\n[execution stopped: more than 32 MB of output]\n'],
    ['no isolation', { tier: 'unsafe' }, '1\n[warning: this ran without isolation]\n'],
    ['a NUL', { stdout: 'a\0b' }, 'a\\x00b'],
  ])('%s', (_, change, expected) => expect(text(change)).toBe(expected))

  test('long output keeps its beginning and more of its end; the error is kept whole', () => {
    const stdout = `${'a'.repeat(500)}${'b'.repeat(500)}`
    expect(text({ stdout, status: 'error', traceback: 'ValueError: x\n' }, 40)).toBe(
      `${'a'.repeat(10)}\n[960 characters omitted]\n${'b'.repeat(30)}\nValueError: x\n`,
    )
  })

  test('a cut never splits a character', () => {
    const shown = text({ stdout: '😀'.repeat(100) }, 41)
    expect(Buffer.from(shown).toString()).toBe(shown)
  })
})

describe('text of real programs', () => {
  const folder = scratchFolder()
  let sandbox: Sandbox
  beforeAll(async () => {
    sandbox = await createSandbox({ workers: 1, preload: ['numpy', 'sympy'] })
  })
  afterAll(async () => {
    await sandbox.close()
  })

  const golden: Record<string, string> = {
    'uncaught-in-function': 'def f(x):\n    y = 0\n    return x / y\n\nprint("start")\nf(1)',
    'syntax-error': 'x = 1\nfor i in range(3)\n    print(i)',
    'cause-and-context':
      'try:\n    {}["k"]\nexcept KeyError as e:\n    raise RuntimeError("no k") from e',
    'library-frames-folded': 'import sympy\nsympy.sympify("1 +")',
    'name-error-with-hint': 'value = 1\nprint(valeu)',
    'deep-recursion': 'def f(n):\n    return f(n + 1)\n\nf(0)',
    'last-value': 'import numpy as np\nnp.array([1.5, 2.5])',
  }
  test.each(Object.entries(golden))('golden: %s', async (name, code) => {
    const { output } = await sandbox.execute({ code })
    // Marks under a line differ between Python versions, as do library lines.
    const stable = output
      .replace(/^ *[~^]+\n/gm, '')
      .replace(/File "[^"]*site-packages[^"]*", line \d+/g, 'File "LIBRARY"')
    await expect(stable).toMatchFileSnapshot(`fixtures/${name}.txt`)
  })

  const validity: Record<string, string> = {
    printing:
      'print("a", 1, 2.5, [1, (2,)], {"k": None}, sep="|", end="!\\n")\nprint(f"{1/3:.10f}", 10**50, 0.1 + 0.2)',
    'both streams': 'import sys\nprint("out")\nprint("err", file=sys.stderr)\nprint("out again")',
    finalizers:
      'import atexit\nclass Late:\n    def __del__(self): print("deleted")\nlate = Late()\natexit.register(print, "at exit")\nprint("end")',
    threads:
      'import threading, time\ndef work():\n    time.sleep(0.05)\n    print("worked")\nthreading.Thread(target=work).start()\nprint("main")',
    classes:
      'from dataclasses import dataclass\nimport pickle, enum\n@dataclass(order=True)\nclass P:\n    x: int\n    y: float = 1.0\nclass E(enum.Enum):\n    A = 1\nprint(sorted([P(2), P(1)]), pickle.loads(pickle.dumps(P(3))), E.A, P.__module__)',
    numbers:
      'import math, fractions, decimal, statistics, itertools\nfor n in range(1, 120):\n    print(n, math.gcd(n, 36), fractions.Fraction(n, 7), decimal.Decimal(n).sqrt(), sum(itertools.accumulate(range(n))), statistics.mean(range(n)), math.comb(60, n % 60))',
    arrays:
      'import numpy as np\na = np.arange(12.0).reshape(3, 4)\nprint(a @ a.T, np.linalg.svd(a)[1], np.linalg.det(a @ a.T + np.eye(3)), a.mean(axis=0))',
    algebra:
      'from sympy import *\nx, y = symbols("x y")\nprint(solve(x**4 - 5*x**2 + 4, x), factor(x**6 - 1), integrate(sin(x)**2, x), limit(sin(x)/x, x, 0), series(exp(x), x, 0, 6))',
  }
  test.each(Object.entries(validity))('as python3 prints it: %s', async (name, code) => {
    const file = join(folder, `case-${name.length}.py`)
    writeFileSync(file, code)
    const plain = execFileSync('/bin/sh', ['-c', `"$0" "$1" 2>&1`, pythonExecutable(), file])
    const { stdout, status } = await sandbox.execute({ code })
    expect(status).toBe('ok')
    const sorted = (all: string) =>
      name === 'both streams' ? all.split('\n').sort().join('\n') : all
    expect(sorted(stdout)).toBe(sorted(plain.toString()))
  })
})
