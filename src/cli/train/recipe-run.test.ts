import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { scratchFolder } from '../../../test/scratch-folder.ts'
import { UserError } from '../../base/errors.ts'
import { RunFolder } from '../../run/folder.ts'
import { inRun } from './recipe-run.ts'

const start = { command: 'train', config: {}, totalSteps: 3 }

test('a run on a full disk ends with the place and the way out', async ({ skip }) => {
  const folder = scratchFolder()
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', folder])
  if (mounted.status !== 0) skip('a small disk can be made by the superuser only')
  const path = join(folder, 'run')
  const fill = () => writeFileSync(join(folder, 'filler'), Buffer.alloc(4 << 20))
  const work = async () => {
    using run = RunFolder.create(path, start)
    const ending = { signal: new AbortController().signal, goOn: 'the same with --resume' }
    return await inRun(run, ending, async () => {
      expect(fill).toThrow(/ENOSPC/)
      const message = 'y'.repeat(3000)
      for (let step = 1; step < 200; step++) run.recordWarning(step, { name: 'x', message })
    })
  }
  try {
    await expect(work()).rejects.toEqual(
      new UserError(`${path}: the disk is full; free some space and go on: the same with --resume`),
    )
  } finally {
    // The run's log stays open as long as this process: the disk goes with it.
    spawnSync('umount', ['--lazy', folder])
  }
})
