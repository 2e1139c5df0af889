import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { scratchFolder } from '../../test/scratch-folder.ts'
import { RunFolder } from './folder.ts'
import { curve, metricSummaries } from './metric-query.ts'
import { listEvaluations, listWarnings } from './note-query.ts'
import { recordFixture } from './record.fixture.ts'
import { RunReader } from './run-reader.ts'
import {
  countTrajectories,
  listTrajectories,
  readTrajectory,
  trajectoryFacets,
} from './trajectory-query.ts'

const root = scratchFolder()

const start = { command: 'train', config: { seed: 7 }, totalSteps: 10 }

test('what was recorded is read back while the run is still written', () => {
  const path = join(root, 'live')
  using run = RunFolder.create(path, start)
  run.recordMetrics(1, { 'reward/mean': 0.25, 'update/entropy': Number.NaN }, { tokens: 100 })
  run.recordMetrics(2, { 'reward/mean': 0.5 }, { tokens: 150 })
  run.flush()
  run.recordWarning(2, { name: 'truncation', message: 'a tenth was cut' })
  run.recordEvaluation(2, 'tiny', { accuracy: 0.5 })

  using reader = new RunReader(path)
  expect(reader.state()).toMatchObject({ status: 'running', step: 2, totalSteps: 10 })
  expect(reader.config()).toEqual({ seed: 7 })
  expect(reader.environment()?.node).toBe(process.version)
  expect(reader.query([], metricSummaries)).toEqual([
    { name: 'reward/mean', lastStep: 2, lastValue: 0.5 },
    { name: 'update/entropy', lastStep: 1, lastValue: null },
  ])
  const read = (axis: 'step' | 'tokens') =>
    reader.query(null, (database) => curve(database, { name: 'reward/mean', axis, limit: 100 }))
  expect(read('step')).toMatchObject({ x: [1, 2], mean: [0.25, 0.5] })
  expect(read('tokens')).toMatchObject({ x: [100, 250], mean: [0.25, 0.5] })
  expect(reader.query([], listWarnings)).toMatchObject([{ step: 2, name: 'truncation' }])
  expect(reader.query([], listEvaluations)).toMatchObject([{ report: { accuracy: 0.5 } }])

  const before = reader.dataVersion()
  run.recordMetrics(3, { 'reward/mean': 1 })
  run.flush()
  expect(reader.dataVersion()).not.toBe(before)
  run.finish()
  expect(reader.state()).toMatchObject({ status: 'finished', step: 3 })
  expect(reader.damage).toEqual([])
  expect(readFileSync(join(path, 'log.jsonl'), 'utf8')).toContain('a tenth was cut')
})

test('a trajectory comes back token for token', () => {
  using run = RunFolder.create(join(root, 'trajectories'), start)
  const given = recordFixture({ id: 'a', reward: 1 })
  run.recordTrajectories(3, [given, recordFixture({ id: 'b', reward: -1 })])
  run.recordTrajectories(3, [recordFixture({ id: 'b', reward: -0.5 })])

  using reader = new RunReader(run.path)
  const found = reader.query(undefined, (database) =>
    readTrajectory(database, { phase: 'train', step: 3, id: 'a' }),
  )
  expect(found?.body.segments.map(({ pieces, ...segment }) => segment)).toEqual(
    given.trajectory.segments,
  )
  expect(found?.body.segments.map(({ pieces }) => pieces)).toEqual(given.pieces)
  expect(found?.body.verdict).toBe('equal')
  expect([...(found?.body.tokenValues.advantages ?? [])]).toEqual([
    0, 0, 0.5, 0.5, 0.5, 0.5, 0, 0.5,
  ])
  expect(found?.summary).toMatchObject({
    reward: 1,
    correct: true,
    turns: 2,
    calls: 1,
    errors: 0,
    tokens: 8,
    responseTokens: 6,
    policyTokens: 5,
    codeLines: 1,
    lastCallOk: true,
    selfCorrected: false,
  })
  // The code starts in the third token of a response of six.
  expect(found?.summary.firstCallAt).toBeCloseTo(2 / 6)

  const list = (text?: string) =>
    reader.query([], (database) =>
      listTrajectories(database, {
        filter: text === undefined ? {} : { text },
        sort: 'reward',
        descending: true,
        offset: 0,
        limit: 10,
      }).map(({ id, reward }) => [id, reward]),
    )
  expect(list()).toEqual([
    ['a', 1],
    ['b', -0.5],
  ])
  expect(list('print(6')).toHaveLength(2)
  expect(list('" OR nothing')).toEqual([])
  expect(reader.query(0, (database) => countTrajectories(database, { correct: false }))).toBe(1)
  expect(reader.query(null, trajectoryFacets)?.source).toEqual([['products', 2]])
})

test('resuming removes what came after the checkpoint, and only one process may write', () => {
  const path = join(root, 'resumed')
  const run = RunFolder.create(path, start)
  run.recordMetrics(1, { loss: 4 }, { tokens: 10 })
  run.recordMetrics(2, { loss: 3 }, { tokens: 5 })
  run.recordTrajectories(2, [recordFixture({ id: 'a', reward: 1 })])
  expect(() => RunFolder.resume(path, 1)).toThrow(/still writes this run/)
  run.interrupt()
  expect(() => RunFolder.create(path, start)).toThrow(/--resume/)

  using again = RunFolder.resume(path, 1)
  again.recordMetrics(2, { loss: 2 }, { tokens: 7 })
  again.flush()
  using reader = new RunReader(path)
  const loss = (axis: 'step' | 'tokens') =>
    reader.query(null, (database) => curve(database, { name: 'loss', axis, limit: 10 }))
  expect(loss('step')).toMatchObject({ x: [1, 2], mean: [4, 2] })
  expect(loss('tokens')).toMatchObject({ x: [10, 17], mean: [4, 2] })
  expect(reader.query(-1, countTrajectories)).toBe(0)
  expect(reader.state()).toMatchObject({ status: 'running', step: 2 })
})
