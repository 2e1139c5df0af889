// Programs that multiply, outlive themselves or reach for others.

import { type Attack, ended, ok, refused, systemCall } from './attack.ts'

export const processes: readonly Attack[] = [
  {
    name: 'fork bomb',
    code: 'import os\nwhile True: os.fork()',
    status: ['error', 'timeout', 'memory_limit', 'output_limit'],
  },
  {
    name: 'fork bomb that ignores errors',
    code: `import os
while True:
    try: os.fork()
    except OSError: pass`,
    status: ['timeout'],
  },
  {
    name: 'double fork, new session, closed descriptors',
    code: `import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.closerange(0, 64); time.sleep(1000)
    os._exit(0)
print('answer')`,
    ...ok(/^answer\n$/),
    landlock: refused,
  },
  {
    name: 'survivor that keeps the output open',
    code: `import os, time
if os.fork() == 0: time.sleep(1000)
print('answer')`,
    ...ok(/^answer\n$/),
    landlock: refused,
  },
  {
    name: 'zombie storm',
    code: `import os
for _ in range(500):
    if os.fork() == 0: os._exit(0)`,
    timeoutMs: 8_000,
    status: ['ok', 'error'],
    landlock: refused,
  },
  { name: 'signal to all', code: 'import os; os.kill(-1, 9)', ...refused },
  {
    name: 'signal to the first process',
    code: `import os
try: os.kill(1, 9)
except OSError: pass
print('no effect')`,
    ...ok(/^no effect\n$/),
  },
  {
    name: 'signal to its group',
    code: 'import os; os.killpg(0, 9)',
    ...ended('SIGKILL'),
    landlock: refused,
  },
  {
    name: 'signal to the group of process group 0',
    code: 'import os; os.kill(0, 9)',
    ...ended('SIGKILL'),
    landlock: refused,
  },
  {
    name: 'signal to the parent',
    code: 'import os; os.kill(os.getppid(), 9)',
    status: ['signal', 'error'],
  },
  {
    name: 'every process id signalled',
    code: `import os
for pid in range(2, 40000):
    if pid != os.getpid():
        try: os.kill(pid, 9); print('reached', pid)
        except OSError: pass
print('end')`,
    timeoutMs: 4_000,
    ...ok(/^end\n$/),
  },
  {
    name: 'shell that leaves a child',
    code: `import subprocess; subprocess.run(['sh', '-c', 'sleep 99 &']); print('ran')`,
    ...ok(/^ran\n$/),
    landlock: refused,
  },
  {
    name: 'process pool',
    code: `import multiprocessing
def f(x): return x * x
if __name__ == '__main__':
    with multiprocessing.Pool(4) as pool: print(pool.map(f, range(9)))`,
    timeoutMs: 8_000,
    ...ok(/^\[0, 1, 4, 9, 16, 25, 36, 49, 64\]\n$/),
    landlock: { status: ['error'] },
  },
  {
    name: 'thread bomb',
    code: `import threading, time
for _ in range(10000): threading.Thread(target=time.sleep, args=(60,), daemon=True).start()`,
    timeoutMs: 4_000,
    status: ['error', 'timeout', 'memory_limit'],
  },
  { name: 'vfork', code: systemCall('syscall(58)'), status: ['ok', 'error', 'signal', 'timeout'] },
  { name: 'clone3', code: systemCall('syscall(435, 0, 0)'), ...ok(/^ENOSYS\n$/) },
  {
    name: 'new user namespace by clone',
    code: systemCall('syscall(56, 0x10000011, 0, 0, 0, 0)'),
    ...ok(/^(EPERM|EAGAIN)\n$/),
  },
  { name: 'unshare', code: systemCall('unshare(0x10000000)'), ...ok(/^EPERM\n$/) },
  { name: 'ptrace', code: systemCall('ptrace(0, 0, 0, 0)'), ...ok(/^EPERM\n$/) },
  {
    name: 'memory of a sibling',
    code: systemCall('process_vm_readv(os.getppid() or 3, 0, 0, 0, 0, 0)'),
    ...ok(/^EPERM\n$/),
  },
  {
    name: 'descriptor of a sibling',
    code: systemCall('syscall(438, 3, 0, 0)'),
    ...ok(/^EPERM\n$/),
  },
  { name: 'null pointer', code: 'import ctypes; ctypes.string_at(0)', ...ended('SIGSEGV') },
  { name: 'abort', code: 'import os; os.abort()', ...ended('SIGABRT') },
  {
    name: 'other priorities',
    code: `import os
try: os.setpriority(os.PRIO_USER, os.getuid(), 19); print('done')
except OSError as e: print('refused')`,
    ...ok(/^(done|refused)\n$/),
    landlock: ok(/^refused\n$/),
  },
  {
    name: 'limits of another process',
    code: `import resource, os
try: resource.prlimit(os.getppid() or 1, resource.RLIMIT_NOFILE, (0, 0)); print('reached')
except OSError: print('refused')`,
    ...ok(/refused|reached/),
    landlock: ok(/^refused\n$/),
  },
  {
    name: 'signals by way of descriptors',
    code: `import fcntl, os
r, w = os.pipe()
try:
    fcntl.fcntl(r, fcntl.F_SETOWN, os.getppid() or 1)
    fcntl.fcntl(r, 10, 9)
    fcntl.fcntl(r, fcntl.F_SETFL, os.O_ASYNC)
    os.write(w, b'x')
    print('set')
except OSError: print('refused')`,
    ...ok(/set|refused/),
    landlock: ok(/^refused\n$/),
  },
]
