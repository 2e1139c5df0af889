import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { scratchFolder } from '../../test/scratch-folder.ts'
import { UserError } from '../base/errors.ts'
import { writeAtomically } from './atomic-file.ts'
import { readSafetensorsHeader } from './safetensors-header.ts'
import { locateSafetensors } from './safetensors-index.ts'
import {
  type SafetensorsSource,
  writeSafetensors,
  writeSafetensorsFolder,
} from './safetensors-writer.ts'

let folder = ''
beforeAll(() => {
  folder = scratchFolder()
})

/** A file with this header text (or length field) and this many bytes of data. */
function file(header: string, dataBytes: number, claimedLength = Buffer.byteLength(header)) {
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(claimedLength))
  const path = join(folder, 'by-hand.safetensors')
  writeFileSync(path, Buffer.concat([length, Buffer.from(header), Buffer.alloc(dataBytes)]))
  return path
}

const entry = (dtype: string, shape: unknown, data_offsets: unknown) => ({
  dtype,
  shape,
  data_offsets,
})

test('a header by hand is read as it stands', () => {
  const header = JSON.stringify({
    __metadata__: { format: 'pt' },
    b: entry('BF16', [2, 3], [4, 16]),
    a: entry('F32', [], [0, 4]),
  })
  const { tensors, metadata } = readSafetensorsHeader(file(header, 16))
  const start = 8 + header.length
  expect(metadata).toEqual({ format: 'pt' })
  expect(Object.fromEntries(tensors)).toEqual({
    a: { name: 'a', dtype: 'F32', shape: [], offset: start, bytes: 4 },
    b: { name: 'b', dtype: 'BF16', shape: [2, 3], offset: start + 4, bytes: 12 },
  })
})

describe('lies are refused with the name of file and tensor', () => {
  const w = (value: unknown) => JSON.stringify({ w: value })
  test.each([
    ['ends before its data', w(entry('F32', [4], [0, 16])), 8, /"w" lies at bytes 0 to 16/],
    ['size and shape differ', w(entry('F32', [3], [0, 16])), 16, /"w" has 16 bytes/],
    [
      'a shape beyond all numbers',
      w(entry('U8', [2 ** 40, 2 ** 40], [0, 1])),
      1,
      /"w" has 1 bytes/,
    ],
    ['a negative size', w(entry('U8', [-1], [0, 1])), 1, /"w" must have a shape/],
    ['offsets in reverse', w(entry('U8', [1], [2, 1])), 2, /"w" must have data_offsets/],
    ['an unknown dtype', w(entry('F4', [1], [0, 1])), 1, /"w" has dtype "F4"/],
    ['no object', w(3), 0, /"w" must be an object/],
    ['bytes of nobody', w(entry('U8', [1], [1, 2])), 2, /byte 0 of the data belongs to no tensor/],
    ['bytes after the end', w(entry('U8', [1], [0, 1])), 2, /byte 1 of the data/],
    ['not JSON', '{"w":', 0, /not valid JSON/],
    ['a list', '[]', 0, /must hold a JSON object/],
    ['too deep', '{"w":[[[[1]]]]}', 0, /nests deeper than 3/],
    ['a name twice', '{"w":1,"\\u0077":2}', 0, /names "w" twice/],
    ['metadata that is no text', '{"__metadata__":{"a":1}}', 0, /__metadata__ "a"/],
  ])('%s', (_, header, bytes, message) => {
    const path = file(header, bytes)
    expect(() => readSafetensorsHeader(path)).toThrow(message)
    expect(() => readSafetensorsHeader(path)).toThrow(path)
    expect(() => readSafetensorsHeader(path)).toThrow(UserError)
  })

  test('overlapping tensors', () => {
    const header = { a: entry('U8', [3], [0, 3]), b: entry('U8', [2], [2, 4]) }
    const path = file(JSON.stringify(header), 4)
    expect(() => readSafetensorsHeader(path)).toThrow('"a" and "b" overlap')
  })

  test('a header longer than its file, without allocating it', () => {
    expect(() => readSafetensorsHeader(file('{}', 0, 2 ** 50))).toThrow('claims a header of')
    expect(() => readSafetensorsHeader(file('{}', 0, 90_000_000))).toThrow('claims a header of')
  })

  test('no file, or none that can be read by position', () => {
    expect(() => readSafetensorsHeader(join(folder, 'none'))).toThrow('no such file')
    expect(() => readSafetensorsHeader(folder)).toThrow('not a regular file')
  })
})

function source(name: string, values: readonly number[]): SafetensorsSource {
  const bytes = () => new Uint8Array(Float32Array.from(values).buffer)
  return { name, dtype: 'F32', shape: [values.length], bytes }
}

test('what is written is read back, each tensor aligned to its dtype', () => {
  const path = join(folder, 'written.safetensors')
  const flags: SafetensorsSource = {
    name: 'flags',
    dtype: 'BOOL',
    shape: [3],
    bytes: () => Uint8Array.of(1, 0, 1),
  }
  writeSafetensors(path, [flags, source('w', [1, 2.5])])
  const { tensors } = readSafetensorsHeader(path)
  const w = tensors.get('w')
  expect((w?.offset ?? 1) % 8).toBe(0)
  const bytes = readFileSync(path)
  expect(bytes.readFloatLE((w?.offset ?? 0) + 4)).toBe(2.5)
  const stored = tensors.get('flags')?.offset ?? 0
  expect([...bytes.subarray(stored, stored + 3)]).toEqual([1, 0, 1])
})

test('a folder in shards is found again through its index', () => {
  const target = join(folder, 'sharded')
  const sources = ['a', 'b', 'c'].map((name, index) => source(name, [index, index]))
  writeSafetensorsFolder(target, sources, 16)
  expect(readdirSync(target).sort()).toEqual([
    'model-00001-of-00002.safetensors',
    'model-00002-of-00002.safetensors',
    'model.safetensors.index.json',
  ])
  const found = locateSafetensors(target)
  expect([...found.keys()]).toEqual(['a', 'b', 'c'])
  expect(found.get('c')?.path).toBe(join(target, 'model-00002-of-00002.safetensors'))

  const index = join(target, 'model.safetensors.index.json')
  const shards = JSON.parse(readFileSync(index, 'utf8')).weight_map
  const pretend = (weight_map: unknown) => writeFileSync(index, JSON.stringify({ weight_map }))
  pretend({ ...shards, d: shards.a })
  expect(() => locateSafetensors(target)).toThrow('holds "d"; it does not')
  pretend({ a: shards.a, b: shards.b, c: shards.a })
  expect(() => locateSafetensors(target)).toThrow('holds "c"; it does not')
  pretend({ a: shards.a, c: shards.c })
  expect(() => locateSafetensors(target)).toThrow('tensor "b", but')
  pretend({ ...shards, a: '../../etc/passwd' })
  expect(() => locateSafetensors(target)).toThrow('must be the name of a file beside it')
  pretend(shards)
  rmSync(join(target, shards.c))
  expect(() => locateSafetensors(target)).toThrow('names the shard')
})

test('a failed write leaves the old file and nothing else', () => {
  const target = join(folder, 'kept', 'file')
  writeAtomically(target, (append) => append(Buffer.from('old')))
  const failing = () =>
    writeAtomically(target, (append) => {
      append(Buffer.from('half'))
      throw new Error('stopped')
    })
  expect(failing).toThrow('stopped')
  expect(readFileSync(target, 'utf8')).toBe('old')
  expect(readdirSync(join(folder, 'kept'))).toEqual(['file'])
  expect(existsSync(target)).toBe(true)
})
