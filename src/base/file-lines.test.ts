import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { scratchFolder } from '../../test/scratch-folder.ts'
import { fileLines } from './file-lines.ts'

async function linesOf(content: string) {
  const folder = scratchFolder()
  writeFileSync(join(folder, 'file'), content)
  const lines = []
  for await (const line of fileLines(join(folder, 'file'))) lines.push(line)
  return lines
}

test('splits at newlines alone and says which line has not ended', async () => {
  expect(await linesOf('a\u2028b\r\n\nc')).toEqual([
    { text: 'a\u2028b', number: 1, ended: true },
    { text: '', number: 2, ended: true },
    { text: 'c', number: 3, ended: false },
  ])
  expect(await linesOf('')).toEqual([])
})

test('lines longer than a chunk stay whole, and so do characters at its border', async () => {
  const long = 'é'.repeat(100_000)
  expect((await linesOf(`${long}\n${long}\n`)).map(({ text }) => text)).toEqual([long, long])
})
