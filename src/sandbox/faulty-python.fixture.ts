// Interpreters that are not well: a worker is started by them as by any other.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { scratchFolder } from '../../test/scratch-folder.ts'
import { pythonExecutable } from '../python/python-executable.ts'
import { workerProgram } from './local/worker-settings.ts'

/**
 * An interpreter whose worker is changed by `fault`, Python that finds the worker's modules. No part of the
 * worker starts afresh, so that all of them have the fault.
 */
export function faultyPython(fault: string): string {
  const program = join(scratchFolder(), 'faulty.py')
  const main = JSON.stringify(workerProgram())
  writeFileSync(
    program,
    `import os, runpy, sys
sys.argv = [${main}] + sys.argv[4:]
sys.path.insert(0, os.path.dirname(os.path.dirname(${main})))
if sys.argv[1] == 'serve':
    import errno, time
    from worker import answers, cgroups, fresh_start, slots
    fresh_start.can_start = lambda: False
${fault.replaceAll(/^/gm, '    ')}
sys.path[0:1] = []
runpy.run_path(${main}, run_name='__main__')
`,
  )
  return shellScript(`exec ${quoted(pythonExecutable())} ${quoted(program)} "$@"`)
}

/** An interpreter in whose view of the machine /tmp has so many kilobytes; for root. */
export function pythonWithSmallDisk(kilobytes: number): string {
  const mount = `mount -t tmpfs -o size=${kilobytes}k none /tmp && exec "$0" "$@"`
  return shellScript(`exec unshare --mount sh -c '${mount}' ${quoted(pythonExecutable())} "$@"`)
}

function shellScript(line: string): string {
  const interpreter = join(scratchFolder(), 'python')
  writeFileSync(interpreter, `#!/bin/sh\n${line}\n`, { mode: 0o755 })
  return interpreter
}

function quoted(path: string): string {
  return `'${path}'`
}
