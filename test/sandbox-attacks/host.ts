// Programs that reach for files, devices, the network and the kernel of the host.

import { type Attack, error, ok, systemCall } from './attack.ts'

const unreadable = error(/PermissionError|FileNotFoundError|NotADirectoryError/)
const attempt = (what: string) => `try:
    ${what}
    print('reached')
except OSError as e: print('refused', type(e).__name__)`

const files = [
  '/etc/shadow',
  '/root/.bashrc',
  '/root/.npmrc',
  '/home',
  '/proc/1/environ',
  '/proc/kcore',
]

const network: readonly (readonly [string, string])[] = [
  ['a connection to this machine', 'socket.create_connection(("127.0.0.1", 22), 20)'],
  ['a connection to the metadata address', 'socket.create_connection(("169.254.169.254", 80), 20)'],
  ['a datagram', 'socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("8.8.8.8", 53))'],
  ['a raw socket', 'socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)'],
  ['a netlink socket', 'socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)'],
  ['an abstract unix socket', 'socket.socket(socket.AF_UNIX).connect("\\0x")'],
  ['a packet socket', 'socket.socket(17, socket.SOCK_RAW)'],
  ['a vsock', 'socket.socket(40, socket.SOCK_STREAM)'],
]

const calls: readonly (readonly [string, string])[] = [
  ['mount', 'mount(b"none", b"/tmp", b"tmpfs", 0, 0)'],
  ['chroot', 'chroot(b"/tmp")'],
  ['pivot_root', 'syscall(155, b".", b".")'],
  ['setns', 'setns(0, 0)'],
  ['bpf', 'syscall(321, 0, 0, 0)'],
  ['io_uring', 'syscall(425, 1, 0)'],
  ['userfaultfd', 'syscall(323, 0)'],
  ['keyctl', 'syscall(250, 0, -3, 0)'],
  ['perf', 'syscall(298, 0, 0, 0, 0, 0)'],
  ['kernel module', 'syscall(313, 0, b"", 0)'],
  ['reboot', 'syscall(169, 0xfee1dead, 672274793, 0, 0)'],
  ['file handles', 'syscall(304, 0, 0, 0)'],
  ['new mount calls', 'syscall(428, -100, b"/", 1)'],
  ['personality', 'personality(0x0040000)'],
  ['system log', 'syscall(103, 3, 0, 0)'],
  ['a second filter', 'syscall(317, 1, 8, 0)'],
]

export const host: readonly Attack[] = [
  ...files.map((path) => ({
    name: `read ${path}`,
    code: `import os\nos.listdir('${path}') if os.path.isdir('${path}') else open('${path}', 'rb').read(1)`,
    ...unreadable,
  })),
  ...network.map(([name, what]) => ({
    name,
    code: `import socket\n${attempt(what)}`,
    ...ok(/^refused PermissionError\n$/),
  })),
  ...calls.map(([name, call]) => ({
    name,
    code: systemCall(call),
    ...ok(/^(EPERM|ENOSYS)\n$/),
  })),
  {
    name: 'names looked up',
    code: `import socket\n${attempt('socket.getaddrinfo("example.com", 80)')}`,
    ...ok(/^refused gaierror\n$/),
  },
  {
    name: 'other processes listed',
    code: `import os
try: print(len([p for p in os.listdir('/proc') if p.isdigit()]))
except OSError: print('refused')`,
    ...ok(/^([012]|refused)\n$/),
  },
  {
    name: 'memory and folders of other processes',
    code: `import os
for pid in range(1, 200):
    if pid == os.getpid(): continue
    for file in ('mem', 'maps', 'environ'):
        try: open(f'/proc/{pid}/{file}', 'rb').close()
        except OSError: continue
        if os.readlink('/proc/self') != str(pid): print('reached', pid, file)
    if os.path.exists(f'/proc/{pid}/root/tmp') and os.readlink('/proc/self') != str(pid): print('reached', pid)
print('end')`,
    ...ok(/^end\n$/),
  },
  {
    name: 'environment',
    code: 'import os; print(sorted(os.environ))',
    ...ok(
      /^\['HOME', 'LANG', 'MKL_NUM_THREADS', 'MPLBACKEND', 'OMP_NUM_THREADS', 'OPENBLAS_NUM_THREADS', 'PATH', 'PYTHONHASHSEED', 'USER'\]\n$/,
    ),
  },
  {
    name: 'writing elsewhere',
    code: `import os, sys
for folder in ('/', '/usr', '/etc', '/dev', '/var', '/root', '/sys', '/proc', os.path.dirname(os.__file__), sys.prefix):
    try: open(folder + '/written', 'w'); print('wrote', folder)
    except OSError: pass
print('end')`,
    ...ok(/^end\n$/),
  },
  {
    name: 'out of the folder by links',
    code: `import os
os.symlink('/', 'up')
print(os.path.exists('up/etc/shadow') and open('up/etc/shadow').read(1))`,
    status: ['ok', 'error'],
    stdout: /^(False\n)?$/,
  },
  {
    name: 'devices made',
    code: `import os, stat\n${attempt('os.mknod("disk", stat.S_IFBLK | 0o600, os.makedev(254, 0))')}`,
    ...ok(/^refused PermissionError\n$/),
  },
  {
    name: 'kernel trigger',
    code: attempt(`open('/proc/sysrq-trigger', 'w').write('b')`),
    ...ok(/^refused \w+\n$/),
  },
  {
    name: 'control groups',
    code: attempt(`open('/sys/fs/cgroup/memory/tasks', 'w').write('0')`),
    ...ok(/^refused \w+\n$/),
  },
  {
    name: 'a set-uid program',
    code: `import os, shutil, stat
try:
    shutil.copy('/bin/true', 'own'); os.chmod('own', 0o6755)
    print(os.geteuid() == os.getuid())
except OSError: print(True)`,
    ...ok(/^True\n$/),
  },
  {
    name: 'identity',
    code: `import os\n${attempt('os.setuid(os.getuid() + 1)')}`,
    ...ok(/^refused (PermissionError|OSError)\n$/),
  },
  {
    name: 'no rights',
    code: `import ctypes
c = ctypes.CDLL(None)
header, data = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
c.capget(header, data)
print(data[0] & ~4, data[2], c.prctl(39, 0, 0, 0, 0))`,
    ...ok(/^0 0 1\n$/),
  },
  {
    name: 'kernel addresses',
    code: attempt(`open('/proc/kallsyms').read(1)`),
    ...ok(/^refused \w+\n$/),
  },
]
