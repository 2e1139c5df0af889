// The loop in C: compiled once, done without where there is no compiler, and the same to a program either way.

import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { scratchFolder } from '../../../test/scratch-folder.ts'
import { startLocalPool } from '../create-sandbox.ts'
import { probe } from '../probe.ts'
import { forkLibrary } from './fork-library.ts'

afterEach(() => {
  vi.unstubAllEnvs()
})

const found = await probe()
const tiers = [...found.findings.filter(({ usable }) => usable).map(({ tier }) => tier)]

test.runIf(process.platform === 'linux')('is compiled once, also by many at a time', async () => {
  const cache = scratchFolder()
  const all = await Promise.all([1, 2, 3].map(() => forkLibrary(cache)))
  const files = readdirSync(join(cache, 'sandbox'))
  expect(files).toHaveLength(1)
  expect(new Set(all.map(({ path }) => path))).toEqual(
    new Set([join(cache, 'sandbox', String(files[0]))]),
  )
})

test('says why there is none', async () => {
  vi.stubEnv('CC', 'no-such-compiler')
  expect(await forkLibrary(scratchFolder())).toEqual({
    path: null,
    why: expect.stringContaining(process.platform === 'linux' ? 'no-such-compiler' : 'not for'),
  })
})

test.runIf(process.platform === 'linux')(
  'a folder that cannot be written to is no failure',
  async () => {
    const file = join(scratchFolder(), 'file')
    writeFileSync(file, '')
    expect((await forkLibrary(file)).path).toBeNull()
  },
)

// All that confinement gives or takes, as a program can see it.
const seen = `
import ctypes, os, resource, signal, sys
names = [n for n in dir(resource) if n.startswith("RLIMIT_")]
print({n: resource.getrlimit(getattr(resource, n)) for n in names if n != "RLIMIT_AS"})
addresses = resource.getrlimit(resource.RLIMIT_AS)
print(addresses[0] == addresses[1], addresses[0] >> 30)
libc = ctypes.CDLL(None, use_errno=True)
print([libc.prctl(option, 0, 0, 0, 0) for option in (3, 21, 39)], os.nice(0), os.getcwd())
signalled = ctypes.c_int()
print(libc.prctl(2, ctypes.byref(signalled), 0, 0, 0), signalled.value)
head, data = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
print(libc.capget(head, data), list(data))
print(os.getuid() == os.geteuid() == os.getgid() == os.getegid(), os.getgroups(), os.getsid(0) == os.getpid())
def is_open(number):
    try:
        return bool(os.fstat(number))
    except OSError:
        return False
print([number for number in range(64) if is_open(number)])
for call in (lambda: os.kill(1, 0), lambda: os.setuid(0), lambda: open("/etc/x", "w"), lambda: os.fork() or os._exit(0)):
    try:
        print(type(call()))
    except OSError as problem:
        print(problem)
`

const whichLoop = 'print("fork-loop" in open("/proc/self/maps").read())'

test.runIf(process.platform === 'linux').each(tiers)(
  '%s confines alike with the loop in C and without',
  async (tier) => {
    const outputs: string[] = []
    const loops: string[] = []
    for (const compiler of ['', 'no-such-compiler']) {
      vi.stubEnv('CC', compiler)
      const pool = await startLocalPool({ tier, workers: 1, slots: 1, preload: [] })
      outputs.push((await pool.execute({ code: seen })).output)
      loops.push((await pool.execute({ code: whichLoop })).stdout)
      await pool.close()
    }
    expect(outputs[0]).toContain("'RLIMIT_CORE': (0, 0)")
    expect(outputs[0]).toBe(outputs[1])
    // Elsewhere a program cannot look at its own memory.
    if (tier === 'ns-root') expect(loops).toEqual(['True\n', 'False\n'])
  },
)
