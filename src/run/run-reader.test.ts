import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { openDatabase } from './database.ts'
import { RunFolder } from './folder.ts'
import { metricSummaries } from './metric-query.ts'
import { listRunFolders, overview } from './run-overview.ts'
import { RunReader } from './run-reader.ts'

const root = mkdtempSync(join(tmpdir(), 'retool-reader-'))
afterAll(() => rmSync(root, { recursive: true }))

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
  expect(() => new RunReader(join(root, 'other'))).toThrow(/neither config.json nor run.db/)
  expect(listRunFolders(root)).not.toContain(join(root, 'other'))
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
