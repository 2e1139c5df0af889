import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { expect, test } from 'vitest'
import { scratchFolder } from '../../test/scratch-folder.ts'
import { chooseFiles, rowsOfFile } from './data-files.ts'
import { localFiles, sourceNameOf } from './local-files.ts'
import { rowsAtOnce } from './parquet-rows.ts'
import { longestLine } from './read-lines.ts'
import type { Row } from './row.ts'

const folder = scratchFolder()

async function rowsOf(name: string, content: string | Uint8Array): Promise<Row[]> {
  const path = join(folder, name)
  writeFileSync(path, content)
  const rows: Row[] = []
  for await (const batch of rowsOfFile(path)) rows.push(...batch)
  return rows
}

const outline = (rows: readonly Row[]) =>
  rows.map((row) => [row.line, row.kind === 'row' ? row.values : row.reason])

test('JSON lines: bad lines are named, empty ones passed over, the end needs no newline', async () => {
  const bytes = Buffer.concat([
    Buffer.from('\uFEFF{"a": 1}\r\n\n{"a": "é"}\nnonsense\n[1]\n{"a": "'),
    Buffer.from([0xff, 0xfe]),
    Buffer.from('"}\n{"a": 7}'),
  ])
  expect(outline(await rowsOf('x.jsonl', bytes))).toEqual([
    [1, { a: 1 }],
    [3, { a: 'é' }],
    [4, 'not readable'],
    [5, 'not readable'],
    [6, 'not UTF-8'],
    [7, { a: 7 }],
  ])
  expect(outline(await rowsOf('x.jsonl.gz', gzipSync('{"a": 1}\n')))).toEqual([[1, { a: 1 }]])
})

test('a file that ends too early, or cannot be read, is named', async () => {
  const whole = gzipSync('{"a": 1}\n'.repeat(1_000))
  await expect(rowsOf('cut.jsonl.gz', whole.subarray(0, -9))).rejects.toThrow(
    'cut.jsonl.gz: cannot be read: unexpected end of file',
  )
})

test('a line without an end does not fill the memory', async () => {
  const bytes = Buffer.concat([Buffer.alloc(longestLine + 10, 'x'), Buffer.from('\n{"a": 1}\n')])
  expect(outline(await rowsOf('long.jsonl', bytes))).toEqual([
    [1, 'too long'],
    [2, { a: 1 }],
  ])
})

test('lines that span chunks come out whole', async () => {
  const wide = 'é'.repeat(200_000)
  const rows = await rowsOf('wide.jsonl', `{"a": "${wide}"}\n{"a": "${wide}2"}\n`)
  expect(outline(rows)).toEqual([
    [1, { a: wide }],
    [2, { a: `${wide}2` }],
  ])
})

test('a JSON array, and JSON lines under the name .json', async () => {
  expect(outline(await rowsOf('x.json', '[{"a": 1}, 5]'))).toEqual([
    [1, { a: 1 }],
    [2, 'not readable'],
  ])
  expect(outline(await rowsOf('y.json', '{"a": 1}\n{"a": 2}\n'))).toHaveLength(2)
})

test('CSV: quoted separators, quotes and line ends; wrong field counts; an open quote', async () => {
  const text = '\uFEFFq,a\r\n"one, ""two""\nthree",1\r\n\r\nfour,2\nfive\n"six,3\n'
  expect(outline(await rowsOf('x.csv', text))).toEqual([
    [2, { q: 'one, "two"\nthree', a: '1' }],
    [5, { q: 'four', a: '2' }],
    [6, 'not readable'],
    [7, 'not readable'],
  ])
  expect(outline(await rowsOf('x.tsv', 'q\ta\n1,5\t2\n'))).toEqual([[2, { q: '1,5', a: '2' }]])
})

test('CSV: any fields survive quoting', async () => {
  const field = fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', '\r', ' ', 'é', '😀') })
  const end = fc.constantFrom('\n', '\r\n')
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(field, field), { maxLength: 5 }),
      end,
      async (records, end) => {
        const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`
        const lines = [['q', 'a'], ...records].map((fields) => fields.map(quoted).join(','))
        const rows = await rowsOf('any.csv', lines.join(end))
        expect(rows.map((row) => (row.kind === 'row' ? row.values : row))).toEqual(
          records.map(([q, a]) => ({ q, a })),
        )
      },
    ),
    { numRuns: 60 },
  )
})

test('Parquet: rows by number, 64-bit integers as numbers', async () => {
  const columnData = [
    { name: 'q', data: Array.from({ length: 4_500 }, (_, index) => `question ${index}`) },
    { name: 'a', data: BigInt64Array.from({ length: 4_500 }, (_, index) => BigInt(index)) },
  ]
  const rows = await rowsOf(
    'x.parquet',
    new Uint8Array(parquetWriteBuffer({ columnData, rowGroupSize: 3_000 })),
  )
  expect(rows).toHaveLength(4_500)
  expect(rows[3_200]).toMatchObject({ line: 3_201, values: { q: 'question 3200', a: 3_200 } })
  await expect(rowsOf('broken.parquet', 'nonsense')).rejects.toThrow('not a readable Parquet file')
})

test('Parquet: ranges are cut by bytes, and never very small', () => {
  expect(rowsAtOnce(1_000, 2 ** 20)).toBeGreaterThanOrEqual(1_000)
  expect(rowsAtOnce(1_000_000, 128 * 2 ** 20)).toBe(125_000)
  expect(rowsAtOnce(10_000, 2 ** 30)).toBe(2_000)
})

test('of a folder, one split and one subset are read', async () => {
  const files = [
    'README.md',
    'main/test-0.parquet',
    'main/train-0.parquet',
    'socratic/train-0.parquet',
  ]
  expect(chooseFiles(files, { subset: 'main' }, 'x')).toEqual(['main/train-0.parquet'])
  expect(chooseFiles(files, { subset: 'main', split: 'test' }, 'x')).toEqual([
    'main/test-0.parquet',
  ])
  expect(() => chooseFiles(files, {}, 'x')).toThrow('several subsets: main, socratic')
  expect(() => chooseFiles(files, { subset: 'other' }, 'x')).toThrow('found main, socratic')
  expect(() => chooseFiles(files, { subset: 'main', split: 'dev' }, 'x')).toThrow('test, train')
  expect(() => chooseFiles(['README.md'], {}, 'x')).toThrow('no data files')
  const deep = join(folder, 'set', 'data')
  mkdirSync(deep, { recursive: true })
  writeFileSync(join(deep, 'b.csv'), '')
  writeFileSync(join(deep, 'a.jsonl'), '')
  expect(await localFiles(join(folder, 'set'), {})).toEqual([
    join(deep, 'a.jsonl'),
    join(deep, 'b.csv'),
  ])
  await expect(localFiles(join(folder, 'none'), {})).rejects.toThrow('no such file or folder')
})

test('a file of a split is named after its folder', () => {
  expect(sourceNameOf('sets/gsm8k/train.jsonl')).toBe('gsm8k')
  expect(sourceNameOf('sets/gsm8k/train-00000-of-00001.parquet')).toBe('gsm8k')
  expect(sourceNameOf('aime24.jsonl.gz')).toBe('aime24')
})
