import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet'
import { expect, test } from 'vitest'
import { scratchFolder } from '../../test/scratch-folder.ts'
import { csvLine } from './csv-line.ts'
import { type ExportFormat, exportFile } from './export-file.ts'
import { metricTable, trajectoryTable } from './export-rows.ts'
import { RunFolder } from './folder.ts'
import { recordFixture } from './record.fixture.ts'
import { RunReader } from './run-reader.ts'

const root = scratchFolder()

const run = RunFolder.create(join(root, 'run'), { command: 'train', config: {}, totalSteps: null })
run.recordMetrics(1, { 'a,b': 0.5, bad: Number.NaN }, { tokens: 10 })
run.recordTrajectories(1, [recordFixture({ id: 'a', reward: 1 })])
run.finish()

function exported(what: 'metrics' | 'trajectories', format: ExportFormat): string {
  using reader = new RunReader(run.path)
  const path = join(root, `${what}.${format}`)
  reader.query(undefined, (database) => {
    exportFile(path, format, (what === 'metrics' ? metricTable : trajectoryTable)(database))
  })
  return path
}

test('fields with commas, quotes and line ends are quoted', () => {
  expect(csvLine(['a', 'b,c', 'say "x"', 'two\nlines', null, 1.5, { k: 1 }])).toBe(
    'a,"b,c","say ""x""","two\nlines",,1.5,"{""k"":1}"',
  )
})

test('metrics as CSV', () => {
  const lines = readFileSync(exported('metrics', 'csv'), 'utf8').split('\n')
  expect(lines[0]).toBe('step,name,value,time,tokens')
  expect(lines[1]).toMatch(/^1,"a,b",0.5,\d+,10$/)
  expect(lines[2]).toMatch(/^1,bad,,\d+,10$/)
})

test('trajectories as JSON lines, with text and numbers for every token', () => {
  const lines = readFileSync(exported('trajectories', 'jsonl'), 'utf8').trim().split('\n')
  expect(lines).toHaveLength(1)
  const row = JSON.parse(lines[0] ?? '')
  expect(row).toMatchObject({ id: 'a', reward: 1, correct: true, referenceAnswer: '42' })
  expect(row.segments[1]).toMatchObject({
    author: 'policy',
    text: 'Let me<code>print(6*7)</code>',
    tokens: [3, 4, 5, 6],
    logprobs: [-0.5, -0.25, 0, -1],
  })
  expect(row.tokenValues.advantages).toHaveLength(8)
})

test('Parquet holds the same', async () => {
  const read = async (path: string) => parquetReadObjects({ file: await asyncBufferFromFile(path) })
  expect(await read(exported('metrics', 'parquet'))).toMatchObject([
    { step: 1n, name: 'a,b', value: 0.5, tokens: 10n },
    { step: 1n, name: 'bad', tokens: 10n },
  ])
  const [row] = await read(exported('trajectories', 'parquet'))
  expect(row).toMatchObject({ id: 'a', correct: true, parts: { outcome: 1 } })
  expect(row?.['segments']).toHaveLength(4)
})
