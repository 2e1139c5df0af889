// What the machine refuses a worker while it serves: control groups, descriptors. Faults are put into a
// copy of its process by a program that stands in for the interpreter.

import { expect, test } from 'vitest'
import { createSandbox, startLocalPool } from './create-sandbox.ts'
import { faultyPython } from './faulty-python.fixture.ts'
import { probe } from './probe.ts'

const { groups } = await probe()

const failsTwice = (what: string, error: string) => `
times = iter(range(2))
real = ${what}
def refused(*arguments, **named):
    if next(times, None) is not None: raise OSError(errno.${error}, os.strerror(errno.${error}))
    return real(*arguments, **named)
${what} = refused`

test.runIf(groups).each([
  ['no room for another control group', failsTwice('cgroups.make', 'ENOSPC')],
  ['no process left for one', failsTwice('cgroups.make', 'EAGAIN')],
  ['no right to make one', failsTwice('cgroups.make', 'EACCES')],
  ['a limit that is refused', failsTwice('slots.Slot.bound', 'EBUSY')],
  ['no descriptor left', failsTwice('os.memfd_create', 'EMFILE')],
])('%s: a typed error, then all is well on the same worker', async (_, fault) => {
  const lost: string[] = []
  const sandbox = await createSandbox({
    ...{ python: faultyPython(fault), workers: 1, preload: [] },
    onWorkerLost: (why) => lost.push(why),
  })
  // One refusal is forgiven by a second try, two are told.
  await expect(sandbox.execute({ code: 'print(1)' })).rejects.toMatchObject({
    kind: 'sandbox_error',
  })
  expect((await sandbox.execute({ code: 'print(2)' })).stdout).toBe('2\n')
  expect(lost).toEqual([])
  await sandbox.close()
})

/** Programs, cells and a deadline; each promise has one result, its own, and nothing is held afterwards. */
async function servesWell(python: string): Promise<void> {
  const pool = await startLocalPool({ python, workers: 1, slots: 2, preload: [] })
  const session = await pool.session()
  const codes = Array.from({ length: 20 }, (_, index) => `print(${index})`)
  const programs = codes.map(async (code) => (await pool.execute({ code })).stdout)
  expect(await Promise.all(programs)).toEqual(codes.map((_, index) => `${index}\n`))
  expect((await session.execute({ code: 'x = 20' })).status).toBe('ok')
  expect((await session.execute({ code: 'x + 1' })).stdout).toBe('21\n')
  const limits = { timeoutMs: 100 }
  expect((await pool.execute({ code: 'while True: pass', limits })).status).toBe('timeout')
  expect((await session.execute({ code: 'while True: pass', limits })).status).toBe('timeout')
  await session.close()
  expect(pool.state).toMatchObject({ running: 0, queued: 0, sessions: 0, freeSlots: 2 })
  await pool.close()
}

test('every answer comes twice', () =>
  servesWell(
    faultyPython(`real = answers.Answers.send
def twice(self, header, body=b''):
    real(self, header, body)
    real(self, header, body)
answers.Answers.send = twice`),
  ))

test('the time of day jumps by years at every look', () =>
  servesWell(
    faultyPython(`jumps = iter(range(10**9))
time.time = lambda: next(jumps) % 7 * 1e8
time.time_ns = lambda: int(time.time() * 1e9)`),
  ))

test('a machine for which no first process of a box is written', () =>
  servesWell(faultyPython('from worker import first_process\nfirst_process._PAUSES.clear()')))

test('no process left for a program: a typed error or its own answer, and no worker is lost', async () => {
  const lost: string[] = []
  const fault = `from worker import forks
stop_watching = forks.stop_watching
def watched():
    fork, times = stop_watching(), iter(range(8))
    def refused():
        if next(times, None) is not None: raise BlockingIOError(errno.EAGAIN, 'no process left')
        return fork()
    return refused
forks.stop_watching = watched`
  const options = { python: faultyPython(fault), workers: 1, slots: 2, preload: [] }
  const pool = await startLocalPool({ ...options, onWorkerLost: (why) => lost.push(why) })
  const run = (code: string) =>
    pool.execute({ code }).then(
      ({ stdout }) => stdout,
      ({ kind }) => kind,
    )
  const ends = await Promise.all(Array.from({ length: 8 }, () => run('print(1)')))
  expect(ends).toContain('sandbox_error')
  expect(ends.filter((end) => end !== 'sandbox_error' && end !== '1\n')).toEqual([])
  expect([await run('print(2)'), lost]).toEqual(['2\n', []])
  expect(pool.state).toMatchObject({ running: 0, queued: 0, freeSlots: 2 })
  await pool.close()
})

test('a fork that ends before its program begins is no result of the program', async () => {
  const python = faultyPython(
    'from worker import given_files\ngiven_files.unpack = lambda *_: os._exit(7)',
  )
  const pool = await startLocalPool({ python, workers: 1, preload: [] })
  await expect(pool.execute({ code: 'print(1)' })).rejects.toMatchObject({
    kind: 'sandbox_error',
    message: expect.stringContaining('a fork ended with status 7 before its snippet began'),
  })
  await pool.close()
})
