// What the machine refuses a worker while it serves: control groups, descriptors. Faults are put into a
// copy of its process by a program that stands in for the interpreter.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { pythonExecutable } from '../python/python-executable.ts'
import { createSandbox } from './create-sandbox.ts'
import { workerProgram } from './local/worker-settings.ts'
import { probe } from './probe.ts'

const folder = mkdtempSync(join(tmpdir(), 'retool-faults-'))
afterAll(() => rmSync(folder, { recursive: true }))
const { groups } = await probe()

/** An interpreter whose supervisor is changed by `fault`, Python that finds the worker's modules. */
function faultyPython(name: string, fault: string): string {
  const program = join(folder, `${name}.py`)
  const interpreter = join(folder, name)
  const main = JSON.stringify(workerProgram())
  writeFileSync(
    program,
    `import os, runpy, sys
sys.argv = [${main}] + sys.argv[4:]
sys.path.insert(0, os.path.dirname(os.path.dirname(${main})))
if sys.argv[1] == 'serve':
    import errno
    from worker import cgroups, slots
${fault.replaceAll(/^/gm, '    ')}
sys.path[0:1] = []
runpy.run_path(${main}, run_name='__main__')
`,
  )
  const quoted = [pythonExecutable(), program].map((path) => `'${path}'`).join(' ')
  writeFileSync(interpreter, `#!/bin/sh\nexec ${quoted} "$@"\n`, { mode: 0o755 })
  return interpreter
}

const failsTwice = (what: string, error: string) => `
times = iter(range(2))
real = ${what}
def refused(*arguments, **named):
    if next(times, None) is not None: raise OSError(errno.${error}, os.strerror(errno.${error}))
    return real(*arguments, **named)
${what} = refused`

test.runIf(groups).each([
  ['no room for another control group', failsTwice('cgroups.make', 'ENOSPC')],
  ['no right to make one', failsTwice('cgroups.make', 'EACCES')],
  ['a limit that is refused', failsTwice('slots.Slot.bound', 'EBUSY')],
  ['no descriptor left', failsTwice('os.memfd_create', 'EMFILE')],
])('%s: a typed error, then all is well on the same worker', async (name, fault) => {
  const lost: string[] = []
  const sandbox = await createSandbox({
    ...{ python: faultyPython(name.replaceAll(' ', '-'), fault), workers: 1, preload: [] },
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
