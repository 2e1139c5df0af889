import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { scratchFolder } from '../../test/scratch-folder.ts'
import { hubFiles } from './hub-files.ts'
import { openSource } from './open-source.ts'

const rows: Readonly<Record<string, string>> = {
  'data/train.jsonl': '{"question": "What is 1?", "answer": "#### 1"}\n',
  'data/test.jsonl': '{"question": "What is 2?", "answer": "#### 2"}\n',
}
const asked: string[] = []
let server: Server
let hubUrl: string

/** As much of the Hub's interface as a download needs. */
beforeAll(async () => {
  server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '', 'http://hub')
    asked.push(`${request.method} ${pathname}`)
    const json = (value: unknown, status = 200) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
    const text = rows[pathname.split(/\/(?:resolve|raw)\/[^/]+\//)[1] ?? '']
    if (!pathname.includes('openai/gsm8k')) json({ error: 'not found' }, 404)
    else if (pathname.includes('/tree/')) json(Object.entries(rows).map(listing))
    else if (text !== undefined) {
      const range = `bytes 0-${text.length - 1}/${text.length}`
      response
        .writeHead(request.headers.range ? 206 : 200, { 'content-range': range, etag: '"e"' })
        .end(request.method === 'HEAD' ? undefined : text)
    } else {
      json({ _id: '1', id: 'openai/gsm8k', sha: 'c'.repeat(40), lastModified: '2026-01-01' })
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  hubUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => server.close())

function listing([path, text]: readonly [string, string]) {
  const oid = createHash('sha1').update(`blob ${text.length}\0${text}`).digest('hex')
  return { type: 'file', path, size: text.length, oid }
}

const cacheFolder = scratchFolder()

test('downloads the chosen split once', async () => {
  const [file] = await hubFiles('openai/gsm8k', { split: 'test' }, { hubUrl, cacheFolder })
  expect(readFileSync(file ?? '', 'utf8')).toBe(rows['data/test.jsonl'])
  const downloads = () => asked.filter((line) => line.startsWith('GET') && /resolve|raw/.test(line))
  const before = downloads().length
  expect(before).toBeGreaterThan(0)
  await hubFiles('openai/gsm8k', { split: 'test' }, { hubUrl, cacheFolder })
  expect(downloads()).toHaveLength(before)
})

test('what was downloaded serves while the Hub is out of reach', async () => {
  const away = { hubUrl: 'http://127.0.0.1:9', cacheFolder }
  const [file] = await hubFiles('openai/gsm8k', { split: 'test' }, away)
  expect(readFileSync(file ?? '', 'utf8')).toBe(rows['data/test.jsonl'])
})

test('a source by name has the name of the data set', async () => {
  const services = {
    generator: () => {
      throw new Error('not asked for')
    },
    hub: { hubUrl, cacheFolder },
  }
  const source = await openSource('hub:openai/gsm8k@main', { split: 'train' }, services)
  const batches = []
  for await (const batch of source.rows()) batches.push(...batch)
  expect(batches).toMatchObject([
    { kind: 'problem', problem: { question: 'What is 1?', answer: '1', source: 'gsm8k' } },
  ])
})

test('an unknown name and a Hub out of reach are told apart', async () => {
  await expect(hubFiles('nobody/nothing', {}, { hubUrl, cacheFolder })).rejects.toThrow(
    'the Hub has no such data set',
  )
  const away = { hubUrl: 'http://127.0.0.1:9', cacheFolder }
  await expect(hubFiles('nobody/other', {}, away)).rejects.toThrow('the Hub does not answer')
})
