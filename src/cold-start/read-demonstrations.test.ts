import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { scratchFolder } from '../../test/scratch-folder.ts'
import { readPassRates } from './pass-rates.ts'
import { demonstrationOf } from './problem.fixture.ts'
import { readDemonstrations } from './read-demonstrations.ts'

const folder = scratchFolder()
const path = join(folder, 'demonstrations.jsonl')

async function read(...lines: string[]) {
  writeFileSync(path, lines.join('\n'))
  const found = []
  for await (const demonstration of readDemonstrations(path)) found.push(demonstration)
  return found
}

test('demonstrations come back as they were written', async () => {
  const demonstration = demonstrationOf()
  expect(await read(JSON.stringify(demonstration), '', JSON.stringify(demonstration))).toEqual([
    demonstration,
    demonstration,
  ])
})

test('what is none is named by file, line and key', async () => {
  const good = JSON.stringify(demonstrationOf())
  await expect(read(good, 'nonsense')).rejects.toThrow(`${path}:2: not JSON`)
  const broken = JSON.stringify({ ...demonstrationOf(), closing: { thought: 'x' } })
  await expect(read(good, broken)).rejects.toThrow(`${path}:2: closing.answer`)
})

test('pass rates come from the report of an evaluation', async () => {
  const report = join(folder, 'report.json')
  writeFileSync(report, JSON.stringify({ perProblem: { a: 0.25 } }))
  expect(await readPassRates(report)).toEqual(new Map([['a', 0.25]]))
  writeFileSync(report, JSON.stringify({ perProblem: { a: 25 } }))
  await expect(readPassRates(report)).rejects.toThrow('expected the JSON report of an evaluation')
})
