import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test, vi } from 'vitest'
import { scratchFolder } from '../../test/scratch-folder.ts'
import { InfrastructureError } from '../base/errors.ts'
import { PythonPool } from './python-pool.ts'
import { PythonProcess } from './python-process.ts'

const program = `
import os, subprocess, sys, time
from json_lines import serve

def handle(payload):
    kind = payload["do"]
    if kind == "add":
        return payload["a"] + payload["b"]
    if kind == "pid":
        return os.getpid()
    if kind == "print":
        print("not an answer", flush=True)
        os.write(1, b"nor this")
        return "still here"
    if kind == "raise":
        raise ValueError("no such thing")
    if kind == "child":
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        with open(payload["file"], "w") as file:
            file.write(str(child.pid))
    if kind == "die":
        print("last words", file=sys.stderr)
        os._exit(3)
    while kind in ("hang", "child"):
        time.sleep(1)
    return payload

serve(handle)
`

let folder = ''
let script = ''
const executable = 'python3'
beforeAll(() => {
  folder = scratchFolder()
  script = join(folder, 'program.py')
  writeFileSync(script, program)
})

const deadlineMs = 30_000
const kindOf = async (promise: Promise<unknown>) => {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  return error instanceof InfrastructureError ? error.kind : error
}

test('answers in order, on one process, whatever the program prints', async () => {
  await using python = new PythonProcess({ script, executable })
  const sums = [1, 2, 3].map((a) => python.request({ do: 'add', a, b: 10 }, { deadlineMs }))
  expect(await Promise.all(sums)).toEqual([11, 12, 13])
  const first = await python.request({ do: 'pid' }, { deadlineMs })
  expect(await python.request({ do: 'print' }, { deadlineMs })).toBe('still here')
  expect(await python.request({ do: 'pid' }, { deadlineMs })).toBe(first)
  expect(python.pid).toBe(first)
})

test('an exception in the program is an answer: the process lives on', async () => {
  await using python = new PythonProcess({ script, executable })
  const before = await python.request({ do: 'pid' }, { deadlineMs })
  const failure = python.request({ do: 'raise' }, { deadlineMs })
  await expect(failure).rejects.toThrow('ValueError: no such thing')
  expect(await kindOf(failure)).toBe('refused')
  expect(await python.request({ do: 'pid' }, { deadlineMs })).toBe(before)
})

test('past the deadline the process is killed and the next request gets a new one', async () => {
  await using python = new PythonProcess({ script, executable })
  const before = await python.request({ do: 'pid' }, { deadlineMs })
  expect(await kindOf(python.request({ do: 'hang' }, { deadlineMs: 200 }))).toBe('deadline')
  expect(await python.request({ do: 'pid' }, { deadlineMs })).not.toBe(before)
  expect(isRunning(Number(before))).toBe(false)
})

test('what the program started is killed with it', async () => {
  await using python = new PythonProcess({ script, executable })
  const file = join(folder, 'child.pid')
  const controller = new AbortController()
  const request = kindOf(
    python.request({ do: 'child', file }, { deadlineMs, signal: controller.signal }),
  )
  const child = await vi.waitUntil(() => existsSync(file) && Number(readFileSync(file, 'utf8')))
  expect(isRunning(child)).toBe(true)
  controller.abort()
  expect(await request).toBe('cancelled')
  await vi.waitUntil(() => !isRunning(child))
})

test('a death names the exit code and the last words', async () => {
  await using python = new PythonProcess({ script, executable })
  const death = python.request({ do: 'die' }, { deadlineMs })
  await expect(death).rejects.toThrow(/exit code 3.*\nlast words/)
  expect(await kindOf(death)).toBe('died')
  expect(await python.request({ do: 'add', a: 1, b: 1 }, { deadlineMs })).toBe(2)
})

test('a signal cancels the request that runs and one that waits; close cancels the rest', async () => {
  const python = new PythonProcess({ script, executable })
  const controller = new AbortController()
  const options = { deadlineMs, signal: controller.signal }
  const running = kindOf(python.request({ do: 'hang' }, options))
  const waiting = kindOf(python.request({ do: 'add', a: 1, b: 1 }, options))
  controller.abort()
  expect(await Promise.all([running, waiting])).toEqual(['cancelled', 'cancelled'])
  const pending = kindOf(python.request({ do: 'hang' }, { deadlineMs }))
  await python.close()
  expect(await pending).toBe('cancelled')
  expect(await kindOf(python.request({ do: 'pid' }, { deadlineMs }))).toBe('cancelled')
})

test('a program that does not exist and a Python that does not exist are deaths', async () => {
  await using lost = new PythonProcess({ script: join(folder, 'none.py'), executable })
  await expect(lost.request({}, { deadlineMs })).rejects.toThrow(/exit code 2/)
  await using none = new PythonProcess({ script, executable: join(folder, 'no-python') })
  expect(await kindOf(none.request({}, { deadlineMs }))).toBe('died')
})

test('a pool works side by side and keeps the order of those who wait', async () => {
  await using pool = new PythonPool({ script, executable }, { size: 2 })
  const pids = await Promise.all(
    [1, 2, 3, 4].map(() => pool.request({ do: 'pid' }, { deadlineMs })),
  )
  expect(new Set(pids).size).toBe(2)
  const controller = new AbortController()
  const stuck = [1, 2].map(() =>
    kindOf(pool.request({ do: 'hang' }, { deadlineMs, signal: controller.signal })),
  )
  const waiting = pool.request({ do: 'add', a: 2, b: 2 }, { deadlineMs })
  controller.abort()
  expect(await Promise.all(stuck)).toEqual(['cancelled', 'cancelled'])
  expect(await waiting).toBe(4)
})

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ')
  } catch {
    return false
  }
}
