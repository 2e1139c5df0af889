import { join } from 'node:path'
import { expect, test } from 'vitest'
import { scratchFolder } from '../../../test/scratch-folder.ts'
import { RunFolder } from '../../run/folder.ts'
import { type QuickstartFlags, quickstartRun } from './quickstart-run.ts'

const root = scratchFolder()

/** Begins a run as the command does, and leaves it in a state. */
function begun(flags: Partial<QuickstartFlags>, end: 'finish' | 'interrupt'): string {
  const { path, config } = quickstartRun({ root, ...flags })
  using run = RunFolder.create(path, { command: 'quickstart', config, totalSteps: null })
  run[end]()
  return path
}

test('a new run has a name of its own and the configuration that was chosen', () => {
  expect(begun({}, 'finish')).toBe(join(root, 'quickstart-1'))
  const chosen = { algorithm: 'ppo', seed: 7, check: true, dtype: 'float32' } as const
  const { path, config } = quickstartRun({ root, ...chosen })
  expect(path).toBe(join(root, 'quickstart-2'))
  expect(config).toMatchObject({
    choice: chosen,
    seed: 7,
    dtype: 'float32',
    policy: { steps: 1, advantage: { kind: 'gae' } },
  })
})

test('--resume finds the run that was stopped last, or the one that is named', () => {
  expect(() => quickstartRun({ root, resume: true })).toThrow(/no quickstart that was stopped/)
  const first = begun({ name: 'first', seed: 3, algorithm: 'rloo' }, 'interrupt')
  const resumed = quickstartRun({ root, resume: true })
  expect(resumed.path).toBe(first)
  expect(resumed.config).toEqual(
    quickstartRun({ root, name: 'x', seed: 3, algorithm: 'rloo' }).config,
  )
  expect(quickstartRun({ root, resume: 'first' }).config.choice.seed).toBe(3)
})

test('--resume refuses what cannot be gone on with', () => {
  const resumed = (flags: Partial<QuickstartFlags>) => () => quickstartRun({ root, ...flags })
  expect(resumed({ resume: 'quickstart-1' })).toThrow(/is finished/)
  expect(resumed({ resume: true, seed: 4 })).toThrow(/leave out --seed/)
  expect(resumed({ resume: 'nothing' })).toThrow(/expected a run folder/)
  using other = RunFolder.create(join(root, 'other'), {
    command: 'train',
    config: {},
    totalSteps: null,
  })
  other.interrupt()
  expect(resumed({ resume: 'other' })).toThrow(/expected a run of the quickstart/)
})
