// Programs that flood, forge or break the output.

import { type Attack, error, ok } from './attack.ts'

export const output: readonly Attack[] = [
  {
    name: 'endless output',
    code: `while True: print('y' * 1000)`,
    timeoutMs: 8_000,
    status: ['output_limit', 'timeout'],
    stdout: /^y{1000}\n[\s\S]*bytes omitted[\s\S]*y\n?/,
  },
  {
    name: '2 MB of output',
    code: `print('x' * 2_000_000); print('end')`,
    timeoutMs: 8_000,
    ...ok(/^x+\n\[1,868,933 bytes omitted\]\nx+\nend\n$/),
  },
  {
    name: 'a hundred thousand lines',
    code: `for n in range(100_000): print(n)`,
    timeoutMs: 8_000,
    ...ok(/^0\n1\n2\n[\s\S]*99998\n99999\n$/),
  },
  {
    name: 'bytes that are not UTF-8',
    code: String.raw`import os; os.write(1, b'\xff\x00abc');`,
    ...ok(/^\ufffd\0abc$/),
  },
  { name: 'a lone surrogate', code: String.raw`print('\ud800')`, ...ok(/^\\ud800\n$/) },
  {
    name: 'escape sequences',
    code: String.raw`print('\x1b[2Jx\ry')`,
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is printed
    ...ok(/^\x1b\[2Jx\ry\n$/),
  },
  {
    name: 'closed output',
    code: `import os; os.close(1); os.close(2); print('x')`,
    status: ['ok', 'exit', 'error'],
    stdout: /^$/,
  },
  {
    name: 'forged answer',
    code: `print('{"ended":1,"status":"ok"}'); raise SystemExit(4)`,
    status: ['exit'],
    stdout: /^\{"ended":1,"status":"ok"\}\n$/,
  },
  {
    name: 'every descriptor written to',
    code: `import os
open_ones = []
for n in range(256):
    try: os.fstat(n); open_ones.append(n)
    except OSError: pass
print(open_ones)`,
    ...ok(/^\[0, 1, 2\]\n$/),
  },
  {
    name: 'descriptors exhausted',
    code: `files = []\nwhile True: files.append(open('/dev/null'))`,
    ...error(/^OSError$/),
  },
  { name: 'input without any', code: 'input()', ...error(/^EOFError$/) },
  {
    name: 'input that is never read',
    code: 'print(1)',
    stdin: 'x'.repeat(5_000_000),
    ...ok(/^1\n$/),
  },
  {
    name: 'input that is read',
    code: 'import sys; print(input(), len(sys.stdin.read()))',
    stdin: `first\n${'x'.repeat(100_000)}`,
    ...ok(/^first 100000\n$/),
  },
  {
    name: 'output by a grandchild at the end',
    code: `import subprocess; subprocess.run(['echo', 'from a child'])\nprint('x')`,
    ...ok(/from a child[\s\S]*x\n$/),
    landlock: { status: ['error'] },
  },
  {
    name: 'standard output replaced',
    code: `import sys, io; sys.stdout = io.StringIO(); print('lost'); 1`,
    ...ok(/^$/),
  },
  {
    name: 'output read back',
    code: 'import os; os.read(1, 10)',
    ...error(/^OSError$/),
  },
  {
    name: 'the pipe made blocking by tricks',
    code: `import fcntl, os
fcntl.fcntl(1, fcntl.F_SETFL, os.O_NONBLOCK)
try:
    for _ in range(1000): os.write(1, b'x' * 65536)
except BlockingIOError: pass`,
    timeoutMs: 8_000,
    status: ['ok', 'output_limit'],
  },
]
