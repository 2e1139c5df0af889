// Programs that take long beside short ones, on a worker with a single slot.

import { afterAll, expect, test } from 'vitest'
import { pythonExecutable } from '../../python/python-executable.ts'
import { startLocalPool } from '../create-sandbox.ts'
import { probe } from '../probe.ts'

const { groups, tier } = await probe(pythonExecutable())
const pool = await startLocalPool({ workers: 1, slots: 1, preload: [] })
afterAll(() => pool.close())

const endless = { code: 'while True: pass', limits: { timeoutMs: 60_000 } }
const long = (n: number) => ({ code: `print(sum(i + 1 for i in range(${n})))` })

// Without a control group a program keeps its slot until it ends.
test.runIf(groups)('endless programs hold up no short one', async () => {
  const controller = new AbortController()
  const ended: string[] = []
  const crowd = Array.from({ length: 8 }, () =>
    pool.execute(endless, controller.signal).catch(({ kind }) => ended.push(kind)),
  )
  for (let index = 0; index < 20; index++) {
    expect((await pool.execute({ code: `print(${index})` })).stdout).toBe(`${index}\n`)
  }
  expect([ended, pool.state.running]).toEqual([[], 8])
  controller.abort()
  await Promise.all(crowd)
  expect(ended).toEqual(Array(8).fill('cancelled'))
})

test.runIf(groups)(
  'what was frozen goes on where it was, and has had all of its time',
  async () => {
    const counts = Array.from({ length: 6 }, (_, index) => 600_000 + index)
    const answers = await Promise.all(counts.map((count) => pool.execute(long(count))))
    const sums = counts.map((count) => (count * (count + 1)) / 2)
    expect(answers.map(({ stdout }) => Number(stdout))).toEqual(sums)
    const stopped = await Promise.all(
      counts.map(() => pool.execute({ ...endless, limits: { timeoutMs: 300 } })),
    )
    for (const { status, durationMs } of stopped) {
      expect(status).toBe('timeout')
      expect(durationMs).toBeGreaterThanOrEqual(300)
    }
  },
)

test.runIf(tier === 'ns-root')(
  'of the mappings of a library none is read-only, and none could be joined with the one before',
  async () => {
    const code = `before = None
for line in open('/proc/self/maps'):
    area, rights, offset, *rest = line.split()
    start, end = (int(number, 16) for number in area.split('-'))
    if len(rest) == 3 and '.so' in rest[2]:
        here = rights, rest[2], start, int(offset, 16)
        print(rights, 'joinable' if here == before else 'apart')
        before = rights, rest[2], end, int(offset, 16) + end - start`
    const lines = (await pool.execute({ code })).stdout.trim().split('\n')
    expect(lines.filter((line) => line.startsWith('r-xp')).length).toBeGreaterThan(5)
    expect(lines.filter((line) => line.startsWith('r--p'))).toEqual([])
    // Those that were loaded before a fork stay apart: no zygote is one.
    expect(lines.filter((line) => line.endsWith('joinable'))).toEqual([])
  },
)
