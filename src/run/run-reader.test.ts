import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Libsql from 'libsql'
import { expect, test } from 'vitest'
import { scratchFolder } from '../../test/scratch-folder.ts'
import { openDatabase } from './database.ts'
import { RunFolder } from './folder.ts'
import { curve, metricSummaries } from './metric-query.ts'
import { listEvaluations, listTags, listWarnings } from './note-query.ts'
import { recordFixture } from './record.fixture.ts'
import { listRunFolders, overview } from './run-overview.ts'
import { RunReader } from './run-reader.ts'
import { changeTags } from './tag-writer.ts'
import { countTrajectories, readTrajectory } from './trajectory-query.ts'

const root = scratchFolder()

function finishedRun(name: string): string {
  const path = join(root, name)
  const run = RunFolder.create(path, { command: 'train', config: { name }, totalSteps: 2 })
  for (let step = 1; step <= 50; step++) run.recordMetrics(step, { loss: 1 / step })
  run.finish()
  return path
}

test('a cut database is reported and the rest of the folder is shown', () => {
  const path = finishedRun('cut')
  truncateSync(join(path, 'run.db'), 10_000)
  using reader = new RunReader(path)
  expect(reader.config()).toEqual({ name: 'cut' })
  expect(reader.query([], metricSummaries)).toEqual([])
  expect(reader.damage.map(({ file }) => file)).toContain('run.db')
  expect(overview(path).name).toBe('cut')
})

test('each missing or damaged file costs only itself', () => {
  const path = finishedRun('torn')
  writeFileSync(join(path, 'config.json'), '{"seed": ')
  rmSync(join(path, 'environment.json'))
  using reader = new RunReader(path)
  expect(reader.config()).toBeNull()
  expect(reader.environment()).toBeNull()
  expect(reader.query([], metricSummaries)).toMatchObject([{ name: 'loss', lastStep: 50 }])
  expect(reader.damage.map(({ file }) => file)).toEqual(['config.json', 'environment.json'])
})

test('garbage in place of the database, no database, no run at all', () => {
  const path = finishedRun('garbage')
  writeFileSync(join(path, 'run.db'), 'x'.repeat(8192))
  expect(overview(path)).toMatchObject({ state: null, damage: [{ file: 'run.db' }] })
  rmSync(join(path, 'run.db'))
  expect(overview(path).damage[0]?.message).toMatch(/found no file/)
  mkdirSync(join(root, 'other'))
  expect(() => new RunReader(join(root, 'other'))).toThrow(/found none of what one holds/)
  expect(listRunFolders(root)).not.toContain(join(root, 'other'))
})

test('a trajectory whose tokens are damaged or missing is reported, the others are shown', () => {
  const path = join(root, 'bitten')
  const run = RunFolder.create(path, { command: 'train', config: {}, totalSteps: 1 })
  const ids = ['torn', 'gone', 'whole']
  run.recordTrajectories(
    1,
    ids.map((id) => recordFixture({ id, reward: 1 })),
  )
  run.finish()
  const database = openDatabase(join(path, 'run.db'))
  database.exec("UPDATE trajectory_body SET body = X'0102' WHERE row = 1")
  database.exec('DELETE FROM trajectory_body WHERE row = 2')
  database.close()
  using reader = new RunReader(path)
  const found = ids.map((id) =>
    reader.query(undefined, (opened) => readTrajectory(opened, { phase: 'train', step: 1, id })),
  )
  expect(found.map((one) => one?.summary.id)).toEqual([undefined, undefined, 'whole'])
  expect(reader.damage.map(({ message }) => message)).toEqual([
    expect.stringContaining('the tokens of a trajectory are damaged'),
    'the tokens of trajectory gone are missing',
  ])
})

test('what would write into a damaged or half-made run is refused, with the way out', () => {
  const path = finishedRun('unwritable')
  writeFileSync(join(path, 'run.db'), 'x'.repeat(8192))
  const damaged = /run.db is damaged: .*; put back a copy of it, or begin a new run/
  expect(() => changeTags(path, { add: ['a'], remove: [] })).toThrow(damaged)
  expect(() => RunFolder.resume(path, 1)).toThrow(damaged)
  rmSync(join(path, 'run.db'))
  expect(() => changeTags(path, { add: ['a'], remove: [] })).toThrow(/found no run.db/)
  expect(existsSync(join(path, 'run.db'))).toBe(false)
})

test('a run killed before its database was there is listed with what is missing', () => {
  const path = join(root, 'young')
  mkdirSync(path)
  writeFileSync(join(path, 'config.json'), '{}')
  expect(listRunFolders(root)).toContain(path)
  expect(overview(path)).toMatchObject({ state: null, damage: [{ file: 'run.db' }] })
  openDatabase(join(path, 'run.db')).close()
  expect(overview(path)).toMatchObject({ state: null, trajectories: 0, damage: [] })
})

test('a run folder of version 1 is migrated and shows all that it held', () => {
  const path = join(root, 'version-1')
  mkdirSync(path)
  writeFileSync(join(path, 'config.json'), '{"seed":7}')
  const old = new Libsql(join(path, 'run.db'))
  old.exec(readFileSync(new URL('fixtures/version-1.sql', import.meta.url), 'utf8'))
  old.close()
  using reader = new RunReader(path)
  expect(reader.state()).toMatchObject({ status: 'finished', step: 3, totalSteps: 4 })
  const loss = { name: 'reward/mean', axis: 'tokens', limit: 10 } as const
  expect(reader.query(null, (database) => curve(database, loss))).toMatchObject({
    x: [10, 20, 30],
    mean: [0.25, 0.5, 0.75],
  })
  const key = { phase: 'train', step: 2, id: 'b' } as const
  const found = reader.query(undefined, (database) => readTrajectory(database, key))
  expect(found?.summary).toMatchObject({ correct: false, errors: 1, question: 'What is 6*7?' })
  expect(found?.body.segments.map(({ pieces }) => pieces.join(''))).toContain('42')
  const filter = { text: 'print', correct: true }
  expect(reader.query(0, (database) => countTrajectories(database, filter))).toBe(1)
  expect(reader.query([], listWarnings)).toMatchObject([{ step: 2, trajectory: 'a' }])
  expect(reader.query([], listEvaluations)).toMatchObject([{ report: { accuracy: 0.5 } }])
  expect(reader.query([], listTags)).toEqual(['kept'])
  expect(reader.damage).toEqual([])
  using run = RunFolder.resume(path, 3)
  run.recordTrajectories(4, [recordFixture({ id: 'c', reward: 1 })])
  expect(reader.query(0, countTrajectories)).toBe(3)
})

test('a run whose process is gone was interrupted', () => {
  const path = finishedRun('killed')
  const { pid } = spawnSync(process.execPath, ['-e', ''])
  const database = openDatabase(join(path, 'run.db'))
  database.exec(`UPDATE run SET status = 'running', process_start = NULL, pid = ${pid}`)
  database.close()
  expect(overview(path).state).toMatchObject({
    status: 'interrupted',
    message: `process ${pid} ended without a word`,
  })
  expect(RunFolder.resume(path, 50).finish()).toBeUndefined()
  expect(overview(path).state?.status).toBe('finished')
})
