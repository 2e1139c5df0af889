import { join } from 'node:path'
import { expect, test } from 'vitest'
import { scratchFolder } from '../../test/scratch-folder.ts'
import { behaviour, purposeCounts } from './figure-query.ts'
import { RunFolder } from './folder.ts'
import { recordFixture } from './record.fixture.ts'
import { RunReader } from './run-reader.ts'

test('the behaviour of a step of four, counted by hand', () => {
  const root = scratchFolder()
  const run = RunFolder.create(join(root, 'run'), { command: 'train', config: {}, totalSteps: 1 })
  const textOnly = recordFixture({ id: 'd', reward: -1 })
  const failed = recordFixture({ id: 'e', reward: 1 })
  run.recordTrajectories(1, [
    recordFixture({ id: 'a', reward: 1 }),
    recordFixture({ id: 'b', reward: -1 }),
    recordFixture({ id: 'c', reward: -1, ok: false }),
    {
      ...textOnly,
      trajectory: { ...textOnly.trajectory, segments: textOnly.trajectory.segments.slice(0, 2) },
    },
    {
      ...failed,
      trajectory: {
        ...failed.trajectory,
        stop: { kind: 'failed', failure: { border: 'sandbox', kind: 'lost', message: 'gone' } },
      },
    },
  ])
  run.finish()
  using reader = new RunReader(run.path)
  expect(
    reader.query([], (database) => behaviour(database, { phase: 'train', limit: 10 })),
  ).toEqual([
    {
      step: 1,
      trajectories: 4,
      accuracy: 0.25,
      meanReward: -0.5,
      responseLength: (6 + 6 + 6 + 4) / 4,
      codeRatio: 0.75,
      codeLines: 1,
      correctCodeCount: 2,
      codePassRateRight: 1,
      codePassRateWrong: 0.5,
      invocationTiming: expect.closeTo(2 / 6),
      selfCorrection: 0,
      meanTurns: (2 + 2 + 2 + 1) / 4,
      answered: 1,
      limited: 0,
      malformed: 0,
    },
  ])
  expect(reader.query([], (database) => purposeCounts(database, 'train'))).toEqual([
    { step: 1, purpose: 'calculation', count: 5 },
  ])
})

test('where there are more steps than asked for, neighbours share an entry', () => {
  const root = scratchFolder()
  const run = RunFolder.create(join(root, 'run'), { command: 'train', config: {}, totalSteps: 9 })
  for (const step of [1, 2, 3, 4, 5]) {
    run.recordTrajectories(step, [recordFixture({ id: 'a', reward: step })])
  }
  run.finish()
  using reader = new RunReader(run.path)
  const thin = reader.query([], (database) => behaviour(database, { phase: 'train', limit: 3 }))
  expect(
    thin.map(({ step, meanReward, correctCodeCount }) => [step, meanReward, correctCodeCount]),
  ).toEqual([
    [2, 1.5, 1],
    [4, 3.5, 1],
    [5, 5, 1],
  ])
})
