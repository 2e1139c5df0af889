// Programs that want all memory.

import type { Attack } from './attack.ts'

const outOfMemory = { status: ['error', 'memory_limit'] } as const

export const memory: readonly Attack[] = [
  { name: 'one large block', code: 'x = bytearray(3 * 10**9)', ...outOfMemory },
  {
    name: 'block after block',
    code: 'x = []\nwhile True: x.append(bytearray(b"x" * (1 << 20)))',
    memoryMb: 128,
    timeoutMs: 8_000,
    ...outOfMemory,
  },
  { name: 'a long list', code: '[0] * 10**9', ...outOfMemory },
  { name: 'a long string', code: `'x' * 10**10`, ...outOfMemory },
  {
    name: 'a large array, written',
    code: 'import numpy; x = numpy.zeros((10**5, 10**5)); x[:] = 1',
    timeoutMs: 8_000,
    ...outOfMemory,
  },
  {
    name: 'memory by many children',
    code: `import os, time
for _ in range(20):
    if os.fork() == 0:
        x = bytearray(b'x' * (40 << 20)); time.sleep(60)
for _ in range(20): os.wait()
raise SystemExit(9)`,
    memoryMb: 128,
    timeoutMs: 3_000,
    status: ['memory_limit', 'timeout', 'exit', 'error'],
  },
  {
    name: 'anonymous shared memory',
    code: `import mmap
m = mmap.mmap(-1, 1 << 30)
for i in range(0, 1 << 30, 4096): m[i] = 1`,
    memoryMb: 128,
    timeoutMs: 8_000,
    ...outOfMemory,
  },
  {
    name: 'memory file',
    code: `import os
f = os.memfd_create('x')
while True: os.write(f, b'x' * (1 << 20))`,
    memoryMb: 64,
    timeoutMs: 8_000,
    status: ['memory_limit', 'error', 'signal'],
  },
  {
    name: 'files in /tmp up to its end',
    code: `import itertools
for n in itertools.count():
    with open(str(n), 'wb') as f: f.write(b'x' * (8 << 20))`,
    timeoutMs: 8_000,
    status: ['error', 'memory_limit', 'output_limit'],
  },
  {
    name: 'a hundred thousand empty files',
    code: `import itertools
for n in itertools.count(): open(str(n), 'w').close()`,
    timeoutMs: 2_000,
    status: ['error', 'memory_limit', 'output_limit', 'timeout'],
  },
  {
    name: 'deep recursion',
    code: 'def f(n): return f(n + 1)\nf(0)',
    status: ['error'],
    exception: /^RecursionError$/,
  },
  {
    name: 'recursion without a limit',
    code: `import sys
sys.setrecursionlimit(10**8)
def f(n): return [f(n + 1)]
f(0)`,
    memoryMb: 128,
    timeoutMs: 4_000,
    status: ['signal', 'memory_limit', 'timeout', 'error'],
  },
  {
    name: 'a graph of exceptions that refers to itself',
    code: `a, b = ValueError('a'), ValueError('b')
a.__cause__, b.__cause__ = b, a
raise a`,
    status: ['error'],
    exception: /^ValueError$/,
  },
  {
    name: 'an error message of 50 MB',
    code: `raise ValueError('x' * (50 << 20))`,
    timeoutMs: 8_000,
    status: ['error'],
    exception: /^ValueError$/,
  },
  {
    name: 'sparse file of a terabyte',
    code: `f = open('x', 'wb'); f.truncate(1 << 40)`,
    status: ['error', 'signal'],
  },
]
