import { mkdtempSync, readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
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
    const url = new URL(request.url ?? '', 'http://hub')
    asked.push(`${request.method} ${url.pathname}`)
    if (!url.pathname.includes('openai/gsm8k')) {
      response.writeHead(404, { 'content-type': 'application/json' }).end('{"error": "not found"}')
    } else if (url.pathname.includes('/tree/')) {
      const entries = Object.entries(rows).map(([path, text]) => ({
        type: 'file',
        path,
        size: text.length,
        oid: path.length.toString().repeat(20),
      }))
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(entries))
    } else {
      const text = rows[url.pathname.split(/\/(?:resolve|raw)\/[^/]+\//)[1] ?? '']
      const last = (text?.length ?? 0) - 1
      response
        .writeHead(text === undefined ? 404 : request.headers.range ? 206 : 200, {
          'content-range': `bytes 0-${last}/${last + 1}`,
          'content-disposition': 'attachment',
          etag: '"e"',
        })
        .end(request.method === 'HEAD' ? undefined : text)
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  hubUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => server.close())

const cacheFolder = mkdtempSync(join(tmpdir(), 'hub-'))

test('downloads the chosen split once', async () => {
  const [file] = await hubFiles('openai/gsm8k', { split: 'test' }, { hubUrl, cacheFolder })
  expect(readFileSync(file ?? '', 'utf8')).toBe(rows['data/test.jsonl'])
  const downloads = () => asked.filter((line) => line.startsWith('GET') && /resolve|raw/.test(line))
  const before = downloads().length
  await hubFiles('openai/gsm8k', { split: 'test' }, { hubUrl, cacheFolder })
  expect(downloads()).toHaveLength(before)
})

test('a source by name has the name of the data set', async () => {
  const services = {
    generator: () => {
      throw new Error('not asked for')
    },
    hub: { hubUrl, cacheFolder },
  }
  const source = await openSource('hub:openai/gsm8k@main', {}, services)
  const batches = []
  for await (const batch of source.rows()) batches.push(...batch)
  expect(batches).toMatchObject([
    { kind: 'problem', problem: { question: 'What is 1?', answer: '1', source: 'gsm8k' } },
  ])
})

test('an unknown name and a Hub out of reach are told apart', async () => {
  await expect(hubFiles('nobody/nothing', {}, { hubUrl, cacheFolder })).rejects.toThrow(
    'no such data set',
  )
  await expect(
    hubFiles('openai/gsm8k', {}, { hubUrl: 'http://127.0.0.1:9', cacheFolder }),
  ).rejects.toThrow('the Hub did not answer')
})
