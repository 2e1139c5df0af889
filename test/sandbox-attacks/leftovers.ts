// Programs that leave in their folder what is hard to count, or to clear away for the next one.

import { type Attack, error, ok } from './attack.ts'

export const leftovers: readonly Attack[] = [
  {
    name: 'folders three thousand deep',
    code: `import os
for _ in range(3000):
    os.mkdir('d'); os.chdir('d')
print('deep')`,
    timeoutMs: 20_000,
    status: ['ok', 'output_limit'],
  },
  {
    name: 'a file below a path that nobody can name',
    code: `import os
for _ in range(60):
    os.mkdir('n' * 200); os.chdir('n' * 200)
for n in range(8): open(str(n), 'wb').write(b'x' * (4 << 20))
print('hidden')`,
    timeoutMs: 20_000,
    status: ['ok', 'output_limit'],
  },
  {
    name: 'folders without rights',
    code: `import os
os.makedirs('locked/inner'); os.mkdir('locked/inner/none', 0)
open('locked/inner/file', 'w').close()
print('left')`,
    ...ok(/^left\n$/),
  },
  {
    name: 'names that are not text',
    code: String.raw`import os
for name in (b'\xff\xfe', b'a\nb', b'-rf', b' ', b'\x1b[2J', b'.moved-1-1'): os.close(os.open(name, os.O_CREAT))
print(len(os.listdir(b'.')))`,
    ...ok(/^6\n$/),
  },
  {
    name: 'links that go round and out',
    code: `import os
os.symlink('b', 'a'); os.symlink('a', 'b'); os.symlink('/', 'root'); os.symlink('.', 'here')
os.mkdir('d'); os.symlink('..', 'd/up')
print('linked')`,
    ...ok(/^linked\n$/),
  },
  {
    name: 'a pipe and a link in place of files',
    code: `import os
try: os.mkfifo('pipe')
except OSError: pass
try: os.link('/bin/sh', 'sh')
except OSError: pass
print('left')`,
    ...ok(/^left\n$/),
  },
  {
    name: 'files deleted while they are open',
    code: `import os
kept = []
try:
    for n in range(40):
        kept.append(open(str(n), 'wb', buffering=0)); os.unlink(str(n))
        for _ in range(4): kept[-1].write(b'x' * (1 << 20))
except OSError: pass
print('kept')`,
    timeoutMs: 20_000,
    status: ['ok', 'memory_limit', 'output_limit'],
  },
  {
    name: 'a file beyond the largest size',
    code: `f = open('x', 'wb', buffering=0)
for _ in range(40): f.write(b'x' * (1 << 20))`,
    timeoutMs: 20_000,
    ...error(/^OSError$/),
  },
  {
    name: 'shared memory in files',
    code: `import os
for n in range(30):
    f = os.open(f'/dev/shm/{n}', os.O_CREAT | os.O_RDWR)
    for _ in range(8): os.write(f, b'x' * (1 << 20))`,
    timeoutMs: 20_000,
    status: ['error', 'memory_limit'],
  },
  {
    name: 'a working folder that is gone',
    code: `import os
os.mkdir('d'); os.chdir('d'); os.rmdir('../d')
print('nowhere')`,
    ...ok(/^nowhere\n$/),
  },
  {
    name: 'everything is read-only afterwards',
    code: `import os
os.umask(0o777); os.mkdir('dark'); open('dim', 'w').close()
print('dark')`,
    ...ok(/^dark\n$/),
  },
]
