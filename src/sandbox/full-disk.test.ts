// A disk of ours that is full: what cannot be written is told, and nothing is lost.

import { spawnSync } from 'node:child_process'
import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startLocalPool } from './create-sandbox.ts'
import { pythonWithSmallDisk } from './faulty-python.fixture.ts'
import { probe } from './probe.ts'

const mounting = ['--mount', 'mount', '-t', 'tmpfs', 'none', '/mnt']
const able = process.getuid?.() === 0 && spawnSync('unshare', mounting).status === 0
const { findings, tier: strongest } = await probe()
const landlock = findings.some(({ tier, usable }) => tier === 'landlock' && usable)
if (!able) console.warn('the tests with a full disk are skipped: mounting a small one needs root')

const write = "open('out', 'wb').write(b'x' * 4_000_000)"
const given = { code: "print(len(open('in').read()))", files: { in: Buffer.alloc(100_000, 'x') } }

/** The worker's /tmp from outside. */
const tmpOf = (pid: number | undefined) => `/proc/${pid}/root/tmp`

function filesBelow(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => !entry.isDirectory()).map(({ name }) => name)
}

function fill(folder: string): void {
  try {
    writeFileSync(join(folder, 'fill'), Buffer.alloc(2 << 20))
  } catch (error) {
    expect((error as NodeJS.ErrnoException).code).toBe('ENOSPC')
  }
}

test.runIf(able && landlock)('a worker that writes there says so, and goes on', async () => {
  const options = { tier: 'landlock', workers: 1, slots: 1, preload: [] } as const
  const pool = await startLocalPool({ ...options, python: pythonWithSmallDisk(1024) })
  const disk = tmpOf(pool.state.pids[0])
  // A folder is emptied after the answer.
  const emptied = () => expect.poll(() => filesBelow(disk)).toEqual([])
  const printed = async (code: string) => (await pool.execute({ code })).output
  expect(await printed(`print('so far')\n${write}`)).toMatch(/^so far\n[\s\S]*No space left/)
  expect(await pool.execute(given)).toMatchObject({ stdout: '100000\n' })
  await emptied()
  fill(disk)
  expect(await printed('print(1)')).toBe('1\n')
  expect(await printed(write)).toMatch(/OSError: .*No space left on device/)
  const refused = Promise.allSettled(Array.from({ length: 5 }, () => pool.execute(given)))
  for (const end of await refused) {
    expect(end).toMatchObject({ status: 'rejected', reason: { kind: 'sandbox_error' } })
  }
  rmSync(join(disk, 'fill'))
  expect(await pool.execute(given)).toMatchObject({ stdout: '100000\n' })
  expect(pool.state).toMatchObject({ running: 0, queued: 0, workers: 1, freeSlots: 1 })
  await emptied()
  await pool.close()
})

test.runIf(able && strongest?.startsWith('ns'))(
  'a worker with boxes writes nothing there',
  async () => {
    const python = pythonWithSmallDisk(64)
    const pool = await startLocalPool({ python, workers: 1, preload: [] })
    fill(tmpOf(pool.state.pids[0]))
    expect(await pool.execute(given)).toMatchObject({ stdout: '100000\n' })
    expect(await pool.execute({ code: write })).toMatchObject({ status: 'ok' })
    await pool.close()
  },
)
