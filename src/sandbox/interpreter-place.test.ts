// An interpreter wherever it lies, also where programs get room of their own to write.

import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { scratchFolder } from '../../test/scratch-folder.ts'
import { pythonExecutable } from '../python/python-executable.ts'
import { createSandbox } from './create-sandbox.ts'
import type { Sandbox } from './sandbox.ts'

test.runIf(process.platform === 'linux')(
  'an interpreter below /tmp keeps its modules',
  async () => {
    const place = mkdtempSync('/tmp/retool-interpreter-')
    let sandbox: Sandbox | undefined
    try {
      chmodSync(place, 0o755)
      execFileSync(pythonExecutable(), ['-m', 'venv', '--without-pip', place])
      const library = readdirSync(join(place, 'lib')).find((name) => name.startsWith('python'))
      const packages = join(place, 'lib', library ?? '', 'site-packages')
      writeFileSync(join(packages, 'late.py'), 'def fail():\n    raise ValueError("late")\n')
      const python = join(place, 'bin', 'python')
      sandbox = await createSandbox({ python, preload: [], workers: 1 })
      const code =
        'import late, os\nopen("/tmp/own", "w").close()\nprint(os.listdir("/tmp"))\nlate.fail()'
      const { output } = await sandbox.execute({ code })
      expect(output).toContain('raise ValueError("late")')
      expect(output).toContain("'own'")
      const attempt = { code: `open(${JSON.stringify(join(packages, 'late.py'))}, "w")` }
      expect((await sandbox.execute(attempt)).status).toBe('error')
    } finally {
      await sandbox?.close()
      rmSync(place, { recursive: true })
    }
  },
)

// Then no part of a worker can be started afresh inside.
test.runIf(process.platform === 'linux')(
  'an interpreter named by a path that programs do not see',
  async () => {
    const python = join(scratchFolder(), 'python')
    symlinkSync(pythonExecutable(), python)
    const sandbox = await createSandbox({ python, preload: ['json'], workers: 1 })
    try {
      const deep = 'def f(n): return n and f(n - 1)\nprint(f(990))'
      for (const code of ['print(0)', 'import json; print(0)', deep]) {
        expect((await sandbox.execute({ code })).stdout).toBe('0\n')
      }
    } finally {
      await sandbox.close()
    }
  },
)
