// A Hub on this machine: the real client, a real cache, a server that can fail on purpose.

import { createHash } from 'node:crypto'
import { existsSync, lstatSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { scratchFolder } from '../../test/scratch-folder.ts'
import { hubModel } from './hub-model.ts'

const commit = 'c'.repeat(40)
const weights = Buffer.from(Array.from({ length: 100_000 }, (_, index) => index % 251))
const files = new Map<string, Buffer>([
  ['config.json', Buffer.from('{}')],
  ['tokenizer.json', Buffer.from('{"model":{}}')],
  ['model.safetensors', weights],
  ['README.md', Buffer.from('not needed')],
  ['original/consolidated.pth', Buffer.from('not needed')],
  ['small.Q8_0.gguf', Buffer.from('GGUF')],
])

let server: Server
let hubUrl = ''
let cacheFolder = ''
let requests: { path: string; range: string | undefined; token: string | undefined }[] = []
/** Answers one request for a file in another way than by sending it. */
let misbehave: ((body: Buffer, response: ServerResponse) => boolean) | undefined

beforeAll(async () => {
  server = createServer((request, response) => {
    const path = decodeURIComponent((request.url ?? '').split('?')[0] ?? '')
    const { range, authorization: token } = request.headers
    requests.push({ path, range, token })
    answer(path, range, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  hubUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => new Promise((resolve) => server.close(resolve)))
beforeEach(() => {
  cacheFolder = scratchFolder()
  requests = []
  misbehave = undefined
  vi.stubEnv('HF_TOKEN', 'hf_secret')
  vi.stubEnv('HF_HUB_OFFLINE', '')
})
afterEach(() => {
  vi.unstubAllEnvs()
})

function answer(path: string, range: string | undefined, response: ServerResponse): void {
  const json = (value: unknown, status = 200) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
  if (path === '/api/models/o/m/revision/main') {
    json({ _id: '1', id: 'o/m', sha: commit, private: false, lastModified: '2026-01-01' })
    return
  }
  if (path === `/api/models/o/m/tree/${commit}`) {
    json([...files].map(([name, body]) => listing(name, body)))
    return
  }
  const prefix = `/o/m/resolve/${commit}/`
  const name = path.startsWith(prefix) ? path.slice(prefix.length) : ''
  const body = files.get(name)
  if (!body) {
    json({ error: 'not found' }, 404)
    return
  }
  if (range !== 'bytes=0-0' && misbehave?.(body, response)) return
  const [, from = '0', to = ''] = /^bytes=(\d+)-(\d*)$/.exec(range ?? '') ?? []
  const [start, end] = [Number(from), to ? Number(to) : body.length - 1]
  const part = body.subarray(start, end + 1)
  const headers = { etag: '"x"', 'content-range': `bytes ${start}-${end}/${body.length}` }
  response.writeHead(range ? 206 : 200, headers).end(part)
}

function listing(path: string, body: Buffer) {
  const size = body.length
  const oid = createHash('sha1').update(`blob ${size}\0`).update(body).digest('hex')
  const sha256 = createHash('sha256').update(body).digest('hex')
  const lfs = path === 'model.safetensors' ? { lfs: { oid: sha256, size, pointerSize: 130 } } : {}
  return { type: 'file', path, size, oid, ...lfs }
}

const reference = { kind: 'hub', name: 'o/m', revision: 'main', file: null } as const
const download = () => hubModel(reference, { hubUrl, cacheFolder })
const filesAsked = () => requests.filter(({ path }) => path.includes('/resolve/'))

test('what is needed comes into the cache that all tools share, once', async () => {
  const path = await download()
  expect(path).toBe(join(cacheFolder, 'models--o--m', 'snapshots', commit))
  expect(readdirSync(path).sort()).toEqual(['config.json', 'model.safetensors', 'tokenizer.json'])
  expect(readFileSync(join(path, 'model.safetensors'))).toEqual(weights)
  expect(lstatSync(join(path, 'config.json')).isSymbolicLink()).toBe(true)
  expect(readFileSync(join(cacheFolder, 'models--o--m', 'refs', 'main'), 'utf8')).toBe(commit)
  expect(new Set(requests.map(({ token }) => token))).toEqual(new Set(['Bearer hf_secret']))
  requests = []
  expect(await download()).toBe(path)
  expect(filesAsked()).toEqual([])
})

/** Bytes of the unfinished file that have reached the disk. */
function savedSize(): number {
  const blobs = join(cacheFolder, 'models--o--m', 'blobs')
  const names = existsSync(blobs) ? readdirSync(blobs) : []
  const partial = names.find((name) => name.endsWith('.incomplete'))
  return partial ? lstatSync(join(blobs, partial)).size : 0
}

test('a broken download goes on where it stopped', async () => {
  misbehave = (body, response) => {
    if (body !== weights) return false
    response.writeHead(200, { 'content-length': body.length })
    response.write(body.subarray(0, 40_000))
    const check = setInterval(() => {
      if (savedSize() === 0) return
      clearInterval(check)
      response.destroy()
    }, 5)
    return true
  }
  await expect(download()).rejects.toThrow('run the same command again and it goes on')
  const done = savedSize()
  expect(done).toBeGreaterThan(0)
  misbehave = undefined
  requests = []
  const path = await download()
  expect(readFileSync(join(path, 'model.safetensors'))).toEqual(weights)
  const ranges = filesAsked().map(({ range }) => range)
  expect(ranges).toContain(`bytes=${done}-${weights.length - 1}`)
})

test('a file that is not what its digest says is removed', async () => {
  misbehave = (body, response) => {
    if (body !== weights) return false
    response.writeHead(200).end(Buffer.alloc(body.length))
    return true
  }
  await expect(download()).rejects.toThrow('does not have the digest that the Hub names')
  const path = join(cacheFolder, 'models--o--m')
  expect(existsSync(join(path, 'snapshots', commit, 'model.safetensors'))).toBe(false)
  expect(readdirSync(join(path, 'blobs')).some((name) => name.endsWith('.incomplete'))).toBe(false)
})

test('one GGUF file of a repository', async () => {
  const path = await hubModel({ ...reference, file: 'small.Q8_0.gguf' }, { hubUrl, cacheFolder })
  expect(readFileSync(path, 'utf8')).toBe('GGUF')
  const other = hubModel({ ...reference, file: 'other.gguf' }, { hubUrl, cacheFolder })
  await expect(other).rejects.toThrow('its GGUF files: small.Q8_0.gguf')
})

test('without network: what is in the cache, else a word on the way out', async () => {
  vi.stubEnv('HF_HUB_OFFLINE', '1')
  await expect(download()).rejects.toThrow(
    'HF_HUB_OFFLINE is set, and the model is not in the cache',
  )
  vi.stubEnv('HF_HUB_OFFLINE', '')
  const path = await download()
  const failing = () => Promise.reject(new TypeError('fetch failed'))
  expect(await hubModel(reference, { hubUrl, cacheFolder, fetch: failing })).toBe(path)
  const other = hubModel({ ...reference, name: 'o/x' }, { hubUrl, cacheFolder, fetch: failing })
  await expect(other).rejects.toThrow('the Hub does not answer (fetch failed)')
})

test('names that are not there, tokens that are none', async () => {
  const missing = hubModel({ ...reference, name: 'o/none' }, { hubUrl, cacheFolder })
  await expect(missing).rejects.toThrow('o/none: the Hub has no such model')
  const token = hubModel(reference, { hubUrl, cacheFolder, accessToken: 'secret' })
  await expect(token).rejects.toThrow('must start with "hf_"')
})

test('a token from the file that logging in writes', async () => {
  const file = join(cacheFolder, 'token')
  writeFileSync(file, 'hf_fromfile\n')
  vi.stubEnv('HF_TOKEN', undefined)
  vi.stubEnv('HUGGING_FACE_HUB_TOKEN', undefined)
  vi.stubEnv('HF_TOKEN_PATH', file)
  await download()
  expect(requests[0]?.token).toBe('Bearer hf_fromfile')
})
