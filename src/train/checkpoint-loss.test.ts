// What is left where writing a checkpoint does not come to its end: the one before, whole.

import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { scratchFolder } from '../../test/scratch-folder.ts'
import { UserError } from '../base/errors.ts'
import { zeros } from '../tensor/creation.ts'
import { scope } from '../tensor/scope.ts'
import { newestCheckpoint, saveCheckpoint } from './checkpoint.ts'

function save(folder: string, step: number): void {
  scope(() => {
    const weights = { learner: { steps: step, tensors: new Map([['a.master', zeros([40_000])]]) } }
    const content = { step, value: null, config: 'mine', state: { at: step }, weights }
    saveCheckpoint(folder, content, { newest: 2, best: false })
  })
}

function newest(folder: string) {
  const damaged: string[] = []
  const found = newestCheckpoint(folder, 'mine', (message) => damaged.push(message))
  return { step: found?.step, state: found?.state, damaged }
}

test('a full disk: the error names the folder, the checkpoint before stays, space mends it', ({
  skip,
}) => {
  const folder = scratchFolder()
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=512k', 'tmpfs', folder])
  if (mounted.status !== 0) {
    skip('a small disk can be made by the superuser only')
  }
  try {
    // One of 160 kB fits twice; a third file leaves no room for the second.
    save(folder, 1)
    writeFileSync(join(folder, 'filler'), Buffer.alloc(250_000))
    const refused = () => save(folder, 2)
    expect(refused).toThrow(UserError)
    expect(refused).toThrow(/cannot write .*step-000002.*: the disk is full; free some space/)
    expect(readdirSync(folder).sort()).toEqual(['filler', 'step-000001'])
    expect(newest(folder)).toEqual({ step: 1, state: { at: 1 }, damaged: [] })
    rmSync(join(folder, 'filler'))
    save(folder, 2)
    expect(newest(folder).step).toBe(2)
  } finally {
    spawnSync('umount', [folder])
  }
})

test('kill -9 while checkpoints are written leaves a whole one', async () => {
  const folder = scratchFolder()
  const program = join(import.meta.dirname, 'fixtures/save-endlessly.ts')
  const child = spawn(process.execPath, ['--import', 'tsx', program, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit')
  let saved = 0
  child.stdout.on('data', (text) => {
    saved = Number(String(text).trim().split('\n').at(-1))
    // Most of the time until the next word is spent in writing.
    if (saved >= 3) setTimeout(() => child.kill('SIGKILL'), 3)
  })
  await ended
  const found = newest(folder)
  expect(found.step).toBeGreaterThanOrEqual(saved)
  expect(found).toEqual({ step: found.step, state: { at: found.step }, damaged: [] })
  // What was half written goes with the next one.
  save(folder, (found.step ?? 0) + 1)
  expect(readdirSync(folder)).toHaveLength(2)
})
