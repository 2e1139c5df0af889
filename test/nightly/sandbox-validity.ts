// Long programs must print in the sandbox what `python3 file.py` prints, byte for byte.
//
//   npx tsx test/nightly/sandbox-validity.ts [PROGRAMS]

import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pythonExecutable } from '../../src/python/python-executable.ts'
import { createSandbox } from '../../src/sandbox/create-sandbox.ts'
import { longProgram } from './long-programs.ts'

const programs = Number(process.argv[2] ?? 30)
const folder = mkdtempSync(join(tmpdir(), 'retool-validity-'))
const file = join(folder, 'program.py')
const environment = { ...process.env, OMP_NUM_THREADS: '1' }
const sandbox = await createSandbox()
const limits = { timeoutMs: 300_000 }
let different = 0
try {
  for (let seed = 1; seed <= programs; seed++) {
    const code = longProgram(seed)
    writeFileSync(file, code)
    const plain = execFileSync('/bin/sh', ['-c', 'exec "$0" "$1" 2>&1', pythonExecutable(), file], {
      env: environment,
      encoding: 'utf8',
    })
    const { stdout, status, output } = await sandbox.execute({ code, limits })
    if (status === 'ok' && stdout === plain) continue
    different++
    const lines = stdout.split('\n')
    const at = plain.split('\n').findIndex((line, index) => line !== lines[index])
    process.stdout.write(`program ${seed}: ${status}, line ${at + 1} of its output\n`)
    process.stdout.write(`  python3: ${plain.split('\n')[at]}\n  sandbox: ${lines[at]}\n`)
    if (status !== 'ok') process.stdout.write(output.slice(-500))
  }
} finally {
  await sandbox.close()
  rmSync(folder, { recursive: true })
}
process.stdout.write(`${programs} programs, ${different} different\n`)
if (different > 0) process.exitCode = 1
