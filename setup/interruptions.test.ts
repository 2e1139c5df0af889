// Killed, interrupted, or two at once: the next one repairs, or waits.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { Scratch } from './scratch.fixture.ts'

const patience = { timeout: 30_000, interval: 20 }

/** A set-up that stands still in the middle of installing torch. */
async function stuckInTorch(scratch: Scratch) {
  scratch.behave('python3', 'waits')
  const run = scratch.start()
  await vi.waitUntil(() => existsSync(join(scratch.bin, 'waiting')), patience)
  return run
}

test('killed in the middle: the next run ends what was left running and starts that part afresh', async () => {
  using scratch = new Scratch()
  const { child, ended } = await stuckInTorch(scratch)
  const { children } = JSON.parse(readFileSync(join(scratch.cache, 'setup.lock'), 'utf8')) as {
    children: { pid: number }[]
  }
  const orphan = children[0]?.pid ?? 0
  child.kill('SIGKILL')
  await ended.catch(() => undefined)
  expect(isRunning(orphan)).toBe(true)

  scratch.behave('python3', 'works')
  scratch.forgetCalls()
  expect(await scratch.run()).toEqual({ code: 0, stderr: expect.stringContaining('set-up: ready') })
  expect(scratch.calls[0]).toMatch(/^python venv/)
  await vi.waitUntil(() => !isRunning(orphan), patience)
})

test('interrupted: ends its tools, lets go of the lock, exit code of the signal', async () => {
  using scratch = new Scratch()
  const { child, ended } = await stuckInTorch(scratch)
  child.kill('SIGINT')
  const { code, stderr } = await ended
  expect(code).toBe(130)
  expect(stderr).toContain('interrupted')
  expect(existsSync(join(scratch.cache, 'setup.lock'))).toBe(false)
  scratch.behave('python3', 'works')
  expect((await scratch.run()).code).toBe(0)
})

test('two at once: the second says that it waits, and finds everything done', async () => {
  using scratch = new Scratch()
  const first = await stuckInTorch(scratch)
  const second = scratch.start()
  let said = ''
  second.child.stderr.on('data', (text) => {
    said += String(text)
  })
  await vi.waitUntil(() => said.includes('another set-up is running'), patience)
  expect(said).toContain(`process ${first.child.pid}`)
  writeFileSync(join(scratch.bin, 'go-on'), '')
  const ends = await Promise.all([first.ended, second.ended])
  expect(ends.map(({ code }) => code)).toEqual([0, 0])
  expect(scratch.calls.filter((call) => call.startsWith('python venv'))).toHaveLength(1)
})

test('a lock whose holder is gone, or whose pid is somebody else by now, does not block', async () => {
  using scratch = new Scratch()
  mkdirSync(scratch.cache)
  const holder = { pid: process.pid, started: 'another time' }
  writeFileSync(
    join(scratch.cache, 'setup.lock'),
    JSON.stringify({ host: hostname(), holder, children: [] }),
  )
  expect(await scratch.run()).toEqual({
    code: 0,
    stderr: expect.not.stringContaining('another set-up'),
  })
})

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}
