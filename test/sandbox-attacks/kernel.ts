// Programs that try the kernel's lesser doors: priorities, locks, queues, descriptors in flight.

import { type Attack, ended, error, ok, refused, systemCall } from './attack.ts'

const outOfMemory = { status: ['error', 'memory_limit'] } as const

export const kernel: readonly Attack[] = [
  {
    name: 'real-time priority',
    code: 'import os; os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))',
    ...refused,
  },
  { name: 'a better priority', code: 'import os; os.nice(-10)', ...refused },
  { name: 'all memory locked', code: systemCall('mlockall(3)'), ...ok(/^(EPERM|ENOMEM)\n$/) },
  {
    name: 'a message queue',
    code: systemCall('syscall(240, b"x", 66, 438, 0)'),
    ...ok(/^EPERM\n$/),
  },
  { name: 'ports of the machine', code: systemCall('iopl(3)'), ...ok(/^EPERM\n$/) },
  { name: 'secret memory', code: systemCall('syscall(447, 0)'), ...ok(/^(EPERM|ENOSYS)\n$/) },
  {
    name: 'a compatible system call',
    code: systemCall('syscall(0x40000000 + 39)'),
    ...ok(/^ENOSYS\n$/),
  },
  {
    name: 'characters typed at a terminal',
    code: 'import fcntl; fcntl.ioctl(0, 0x5412, b"x")',
    ...error(/^(OSError|PermissionError)$/),
  },
  {
    name: 'safer from the killer for want of memory',
    code: `try: open('/proc/self/oom_score_adj', 'w').write('-1000'); print('safe')
except OSError: print('refused')`,
    ...ok(/^refused\n$/),
  },
  {
    name: 'memory of the first process',
    code: `try: open('/proc/1/mem', 'r+b').read(1); print('read')
except OSError: print('refused')`,
    ...ok(/^refused\n$/),
  },
  {
    name: 'outlives its parent',
    code: `import ctypes
print(ctypes.CDLL(None).prctl(1, 0, 0, 0, 0) in (0, -1))`,
    ...ok(/^True\n$/),
  },
  {
    name: 'addresses without end',
    code: `import mmap
kept = [mmap.mmap(-1, 1 << 40) for _ in range(100)]`,
    status: ['error'],
  },
  {
    name: 'a device without end',
    code: `open('/dev/zero', 'rb').read()`,
    timeoutMs: 20_000,
    memoryMb: 128,
    ...outOfMemory,
  },
  {
    name: 'a small file that unpacks to a large one',
    code: `import zlib
packer = zlib.compressobj(9)
bomb = b''.join(packer.compress(bytes(1 << 24)) for _ in range(64)) + packer.flush()
zlib.decompress(bomb)`,
    timeoutMs: 30_000,
    memoryMb: 128,
    ...outOfMemory,
  },
  {
    name: 'pipes filled to the brim',
    code: `import fcntl, os
ends = []
try:
    while True:
        ends += os.pipe(); os.set_blocking(ends[-1], False)
        fcntl.fcntl(ends[-1], 1031, 1 << 20)
        while True: os.write(ends[-1], b'x' * 65536)
except OSError: pass
print(len(ends) <= 64)`,
    timeoutMs: 20_000,
    status: ['ok', 'memory_limit'],
  },
  {
    name: 'descriptors in flight',
    code: `import array, os, socket
try:
    for _ in range(10_000):
        a, b = socket.socketpair()
        a.sendmsg([b'x'], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', [a.fileno(), b.fileno()]))])
        a.close(); b.close()
except OSError: pass
print('sent')`,
    timeoutMs: 20_000,
    ...ok(/^sent\n$/),
  },
  {
    name: 'killed by its own hand',
    code: 'import os; os.kill(os.getpid(), 9)',
    ...ended('SIGKILL'),
  },
  {
    name: 'killed by its child',
    code: `import os, time
if os.fork() == 0:
    os.kill(os.getppid(), 9)
    os._exit(0)
time.sleep(60)`,
    timeoutMs: 20_000,
    ...ended('SIGKILL'),
    landlock: refused,
  },
  {
    name: 'the first process by its descriptor',
    code: `import os, signal
try: signal.pidfd_send_signal(os.pidfd_open(1), 9)
except OSError: pass
print('alive')`,
    ...ok(/^alive\n$/),
  },
  {
    name: 'another program in its place',
    code: `import os; os.execv('/bin/echo', ['echo', 'replaced'])`,
    ...ok(/^replaced\n$/),
    landlock: refused,
  },
  {
    name: 'fork bomb of a shell',
    code: `import subprocess; subprocess.run(['sh', '-c', 'f() { f | f & }; f; sleep 60'])`,
    status: ['timeout', 'ok', 'error'],
    timeoutMs: 500,
    landlock: refused,
  },
  {
    name: 'a flood after the end',
    code: `import os
if os.fork() == 0:
    os.setsid()
    while True: os.write(1, b'flood')
print('end')`,
    timeoutMs: 20_000,
    ...ok(/end\n/),
    landlock: refused,
  },
  {
    name: 'adopts orphans and leaves them',
    code: `import ctypes, os, time
ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
for _ in range(5):
    if os.fork() == 0:
        if os.fork() == 0: time.sleep(1000)
        os._exit(0)
print('left')`,
    timeoutMs: 20_000,
    ...ok(/^left\n$/),
    landlock: refused,
  },
  {
    name: 'stops and continues itself without end',
    code: `import os, signal, threading
def wake():
    while True: os.kill(os.getpid(), signal.SIGCONT)
threading.Thread(target=wake, daemon=True).start()
while True: os.kill(os.getpid(), signal.SIGSTOP)`,
    timeoutMs: 500,
    status: ['timeout'],
  },
]
