import { appendFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { scratchFolder } from '../../test/scratch-folder.ts'
import { RecordLog } from './record-log.ts'

test('a log that was cut off goes on after its last whole record', async () => {
  const path = join(scratchFolder(), 'deep', 'records.jsonl')
  const log = await RecordLog.open<{ n: number }>(path)
  await Promise.all([log.append({ n: 1 }), log.append({ n: 2 })])
  appendFileSync(path, '{"n": 3')
  const again = await RecordLog.open<{ n: number }>(path)
  expect(again.records).toEqual([{ n: 1 }, { n: 2 }])
  await again.append({ n: 4 })
  expect(readFileSync(path, 'utf8')).toBe('{"n":1}\n{"n":2}\n{"n":4}\n')
})

test('a broken line in the middle is named', async () => {
  const path = join(scratchFolder(), 'records.jsonl')
  appendFileSync(path, '{"n":1}\nnonsense\n{"n":2}\n')
  await expect(RecordLog.open(path)).rejects.toThrow(`${path}:2: not JSON`)
})
