import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { scratchFolder } from '../../test/scratch-folder.ts'
import { UserError } from '../base/errors.ts'
import { readGgufHeader } from './gguf-header.ts'
import type { GgufValue } from './gguf-value.ts'
import { type GgufSource, writeGguf } from './gguf-writer.ts'

let folder = ''
let path = ''
beforeAll(() => {
  folder = scratchFolder()
  path = join(folder, 'x.gguf')
})

const u32 = (value: number) => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}
const u64 = (value: number | bigint) => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt(value))
  return bytes
}
const text = (value: string) => Buffer.concat([u64(Buffer.byteLength(value)), Buffer.from(value)])
const magic = Buffer.from('GGUF')

/** A tensor's entry: name, dimensions (innermost first), type, offset. */
const tensor = (name: string, dimensions: (number | bigint)[], [type, offset]: [number, number]) =>
  Buffer.concat([
    text(name),
    u32(dimensions.length),
    ...dimensions.map(u64),
    u32(type),
    u64(offset),
  ])

/** A file of one metadata entry at most and these tensors, padded to 32, then data. */
function write(entries: Buffer[], dataBytes: number, metadata: Buffer[] = []): string {
  const head = [magic, u32(3), u64(entries.length), u64(metadata.length), ...metadata, ...entries]
  const bytes = Buffer.concat(head)
  const padding = Buffer.alloc((32 - (bytes.length % 32)) % 32)
  writeFileSync(path, Buffer.concat([bytes, padding, Buffer.alloc(dataBytes)]))
  return path
}

test('a header by hand: shapes are row-major, offsets count from the file', () => {
  write([tensor('m', [64, 2], [8, 0]), tensor('v', [3], [0, 160])], 172)
  const { tensors } = readGgufHeader(path)
  const start = readFileSync(path).length - 172
  expect([...tensors.values()]).toEqual([
    { name: 'm', type: 'Q8_0', shape: [2, 64], offset: start, bytes: 136 },
    { name: 'v', type: 'F32', shape: [3], offset: start + 160, bytes: 12 },
  ])
})

test('metadata of every kind comes back as it was written, with its types', () => {
  const metadata = new Map<string, GgufValue>([
    ['uint8', { kind: 'uint8', value: 255 }],
    ['int8', { kind: 'int8', value: -128 }],
    ['uint16', { kind: 'uint16', value: 65_535 }],
    ['int16', { kind: 'int16', value: -2 }],
    ['int32', { kind: 'int32', value: -3 }],
    ['float32', { kind: 'float32', value: 0.5 }],
    ['float64', { kind: 'float64', value: 0.1 }],
    ['bool', { kind: 'bool', value: true }],
    ['uint64', { kind: 'uint64', value: 2n ** 64n - 1n }],
    ['int64', { kind: 'int64', value: -1n }],
    ['text', { kind: 'string', value: 'größe 😀' }],
    ['tokenizer.ggml.tokens', { kind: 'array', element: 'string', values: ['', 'a', 'é'] }],
    ['flags', { kind: 'array', element: 'bool', values: [true, false] }],
    ['wide', { kind: 'array', element: 'int64', values: [-1n, 2n] }],
    ['long', { kind: 'string', value: 'x'.repeat(1_500_000) }],
    [
      'nested',
      {
        kind: 'array',
        element: 'array',
        values: [{ kind: 'array', element: 'uint8', values: [1, 2] }],
      },
    ],
  ])
  const values = Float32Array.of(1, 2, 3)
  const source: GgufSource = {
    name: 'blk.0.attn_norm.weight',
    type: 'F32',
    shape: [3],
    bytes: () => new Uint8Array(values.buffer),
  }
  writeGguf(path, metadata, [source, { ...source, name: 'second' }])
  const header = readGgufHeader(path)
  expect([...header.metadata]).toEqual([...metadata])
  const second = header.tensors.get('second')
  expect((second?.offset ?? 1) % 32).toBe(0)
  expect(readFileSync(path).readFloatLE((second?.offset ?? 0) + 8)).toBe(3)
})

describe('lies are refused with the name of file and tensor', () => {
  const one = (dimensions: (number | bigint)[], where: [number, number]) => [
    tensor('w', dimensions, where),
  ]
  test.each([
    ['data past the end', one([64], [0, 0]), /tensor "w": it lies at bytes .* the file ends at/],
    ['an offset past the end', one([4], [0, 2 ** 50]), /tensor "w": it lies at bytes/],
    ['a size beyond all numbers', one([2n ** 63n], [0, 0]), /tensor "w": a dimension of/],
    ['a shape beyond all numbers', one([2 ** 32, 2 ** 32], [0, 0]), /"w": the shape/],
    ['an unaligned offset', one([4], [0, 8]), /tensor "w": its offset 8/],
    ['half a block', one([33], [8, 0]), /tensor "w": rows of 33/],
    ['an unknown type', one([4], [999, 0]), /tensor "w": it has the unknown type 999/],
    ['many dimensions', one([1, 1, 1, 1, 1], [0, 0]), /tensor "w": it claims 5 dimensions/],
    ['a name twice', [...one([4], [0, 0]), ...one([4], [0, 32])], /tensor "w": it is there twice/],
    [
      'an overlap',
      [tensor('a', [9], [0, 0]), tensor('b', [4], [0, 32])],
      /the tensors: "a" and "b" overlap|"a" and "b" overlap/,
    ],
  ])('%s', (_, entries, message) => {
    write(entries, 64)
    expect(() => readGgufHeader(path)).toThrow(message)
    expect(() => readGgufHeader(path)).toThrow(path)
    expect(() => readGgufHeader(path)).toThrow(UserError)
  })

  test.each([
    ['tensors', Buffer.concat([magic, u32(3), u64(2n ** 60n), u64(0), Buffer.alloc(48)])],
    ['metadata entries', Buffer.concat([magic, u32(3), u64(0), u64(2n ** 60n), Buffer.alloc(48)])],
  ])('an impossible number of %s', (what, bytes) => {
    writeFileSync(path, bytes)
    expect(() => readGgufHeader(path)).toThrow(`claims ${2n ** 60n} ${what}`)
  })

  const array = 9
  const string = 8
  test.each([
    [
      'a huge list',
      [text('k'), u32(array), u32(0), u64(2n ** 40n)],
      /"k": it claims 1099511627776/,
    ],
    ['a huge text', [text('k'), u32(string), u64(2n ** 40n)], /"k": it claims 1099511627776 bytes/],
    ['an unknown kind', [text('k'), u32(77)], /"k": there is no value type 77/],
    [
      'deep lists',
      [text('k'), u32(array), ...Array.from({ length: 6 }, () => [u32(array), u64(1)]).flat()],
      /"k": arrays nest deeper than 4/,
    ],
    [
      'an odd alignment',
      [text('general.alignment'), u32(4), u32(24)],
      /"general.alignment": it must be a power of two/,
    ],
  ])('%s', (_, metadata, message) => {
    write([], 64, [Buffer.concat(metadata)])
    expect(() => readGgufHeader(path)).toThrow(message)
  })

  test('another format, another version, another byte order', () => {
    writeFileSync(path, Buffer.alloc(64))
    expect(() => readGgufHeader(path)).toThrow('not a GGUF file')
    writeFileSync(path, Buffer.concat([magic, u32(1), Buffer.alloc(64)]))
    expect(() => readGgufHeader(path)).toThrow('version 1; supported are 2 and 3')
    writeFileSync(path, Buffer.concat([magic, Buffer.from([0, 0, 0, 3]), Buffer.alloc(64)]))
    expect(() => readGgufHeader(path)).toThrow('big-endian')
  })

  test('a file that ends anywhere in its header', () => {
    write([tensor('w', [4], [0, 0])], 16, [Buffer.concat([text('k'), u32(string), text('value')])])
    const whole = readFileSync(path)
    for (let length = 0; length < whole.length; length += 5) {
      writeFileSync(path, whole.subarray(0, length))
      expect(() => readGgufHeader(path)).toThrow(UserError)
    }
  })
})
