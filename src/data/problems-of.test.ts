import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { problemsOf } from './problems-of.ts'

test('a file gives its problems anew each time, and says what it left out', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'retool-problems-of-'))
  const file = join(folder, 'sums.jsonl')
  const rows = [{ question: '1 + 1?', answer: '2' }, { question: '2 + 2?' }]
  writeFileSync(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
  const notices: string[] = []
  const problems = problemsOf(file, { onNotice: (message) => notices.push(message) })
  for (const _ of [1, 2]) {
    const read = []
    for await (const { question, answer } of problems) read.push([question, answer])
    expect(read).toEqual([['1 + 1?', '2']])
  }
  expect(notices[0]).toContain('1 rows left out: no answer')
  rmSync(folder, { recursive: true })
})

test('a source that does not exist throws when it is read', async () => {
  const first = () => problemsOf('/nowhere.jsonl')[Symbol.asyncIterator]().next()
  await expect(first()).rejects.toThrow('/nowhere.jsonl')
})
