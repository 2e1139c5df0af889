// Forks that wait for a program: which programs they serve, and what becomes of one that is killed.

import { readdirSync, readFileSync } from 'node:fs'
import { afterAll, expect, test } from 'vitest'
import { pythonExecutable } from '../../python/python-executable.ts'
import { startLocalPool } from '../create-sandbox.ts'
import { probe } from '../probe.ts'
import type { Program } from '../sandbox.ts'

const lost: string[] = []
const { tier } = await probe(pythonExecutable())
const pool = await startLocalPool({
  ...{ workers: 1, slots: 2, preload: ['numpy'] },
  onWorkerLost: (why) => lost.push(why),
})
afterAll(() => pool.close())

const firstSnippetUser = 1 << 20
const number = { code: 'import random; print(random.random())' }
const heavy = { code: 'import numpy; print(numpy.random.rand())' }

function statusOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8')
  } catch {
    return '' // it has ended meanwhile
  }
}

/** Processes of this pool with a snippet's user id while none runs. */
function spares(): number[] {
  const supervisor = pool.state.pids[0] ?? 0
  const lowest = firstSnippetUser + (supervisor % 4096) * 256
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      const user = Number(/^Uid:\s+(\d+)/m.exec(statusOf(pid))?.[1] ?? 0)
      return user >= lowest && user < lowest + 256
    })
    .map(Number)
}

/** One for programs without libraries, one for those with. */
async function both(): Promise<number[]> {
  while (spares().length !== 2) await new Promise((resolve) => setTimeout(resolve, 5))
  return spares()
}

/** How many of those that waited are there after the program. */
async function leftAfter(program: Program): Promise<number> {
  await pool.execute({ code: '' })
  const before = await both()
  await pool.execute(program)
  const after = await both()
  return before.filter((pid) => after.includes(pid)).length
}

// Without a user id of its own a snippet's process cannot be told from ours.
test.runIf(tier === 'ns-root')('a plain program takes the fork that waits for it', async () => {
  expect(await leftAfter(number)).toBe(1)
  expect(await leftAfter(heavy)).toBe(1)
  expect(await leftAfter({ ...number, seed: 7 })).toBe(2)
  expect(await leftAfter({ ...number, fetchFiles: ['a'] })).toBe(2)
  expect(await leftAfter({ ...number, limits: { memoryMb: 100 } })).toBe(2)
})

test('programs have numbers of their own, or those of their seed', async () => {
  const print = async (program: Program) => (await pool.execute(program)).stdout
  for (const program of [number, heavy]) {
    const [first, second] = [await print(program), await print(program)]
    expect(first).not.toBe(second)
    const seeded = { ...program, seed: 7 }
    expect(await print(seeded)).toBe(await print(seeded))
  }
})

test('limits are those of the program, not of the one before', async () => {
  const most = { code: 'import resource; print(resource.getrlimit(resource.RLIMIT_CPU)[0])' }
  for (const timeoutMs of [20_000, 20_000, 30_000, 30_000, 20_000]) {
    const { stdout } = await pool.execute({ ...most, limits: { timeoutMs } })
    expect(stdout).toBe(`${timeoutMs / 1000}\n`)
  }
})

test.runIf(tier === 'ns-root')('one that is killed is no failure of a program', async () => {
  for (let time = 0; time < 10; time++) {
    await pool.execute({ code: '' })
    for (const pid of await both()) process.kill(pid, 'SIGKILL')
    // The worker may not have heard of it yet.
    expect((await pool.execute({ code: 'print(6 * 7)' })).stdout).toBe('42\n')
  }
  expect(lost).toEqual([])
  expect((await pool.execute({ code: 'print(1)' })).stdout).toBe('1\n')
})
