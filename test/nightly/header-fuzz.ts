// Mutated safetensors and GGUF files, and what a header reader must do with each: give a header
// whose every claim the file keeps, or throw a UserError. Used by the tests and by the nightly run.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { UserError } from '../../src/base/errors.ts'
import { type ByteRange, overlapping } from '../../src/checkpoint/byte-ranges.ts'
import { readGgufHeader } from '../../src/checkpoint/gguf-header.ts'
import type { GgufValue } from '../../src/checkpoint/gguf-value.ts'
import { writeGguf } from '../../src/checkpoint/gguf-writer.ts'
import { readSafetensorsHeader } from '../../src/checkpoint/safetensors-header.ts'
import { writeSafetensors } from '../../src/checkpoint/safetensors-writer.ts'

type Mutation = (bytes: Buffer) => Buffer

const extremes = [0n, 1n, 2n ** 31n, 2n ** 32n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n]
const extremeNumbers = ['-1', '1e308', '1.5', '9007199254740993', '18446744073709551615', 'null']

/** A place in the file, more often near its beginning, where the counts are. */
const place = fc.oneof(
  fc.double({ min: 0, max: 1, noNaN: true }),
  fc.double({ min: 0, max: 0.05, noNaN: true }),
)

const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.tuple(place, fc.integer({ min: 0, max: 255 })).map(([where, byte]) => (bytes: Buffer) => {
    bytes[Math.floor(where * bytes.length)] = byte
    return bytes
  }),
  fc.tuple(place, fc.constantFrom(...extremes)).map(([where, value]) => (bytes: Buffer) => {
    if (bytes.length >= 8) bytes.writeBigUInt64LE(value, Math.floor(where * (bytes.length - 8)))
    return bytes
  }),
  place.map((where) => (bytes: Buffer) => bytes.subarray(0, Math.floor(where * bytes.length))),
  fc.tuple(place, place).map(([from, to]) => (bytes: Buffer) => {
    const cut = Math.floor(from * bytes.length)
    return Buffer.concat([bytes.subarray(0, cut), bytes.subarray(Math.floor(to * bytes.length))])
  }),
  fc.tuple(place, fc.uint8Array({ maxLength: 40 })).map(([where, extra]) => (bytes: Buffer) => {
    const at = Math.floor(where * bytes.length)
    return Buffer.concat([bytes.subarray(0, at), extra, bytes.subarray(at)])
  }),
  // Another number in the JSON of a safetensors header, of which the length is kept true.
  fc
    .tuple(fc.nat(40), fc.constantFrom(...extremeNumbers))
    .map(([which, number]) => (bytes: Buffer) => {
      if (bytes.length < 9 || bytes.toString('latin1', 0, 4) === 'GGUF') return bytes
      const end = 8 + Math.min(Number(bytes.readBigUInt64LE()), bytes.length - 8)
      let seen = 0
      const json = bytes
        .toString('utf8', 8, end)
        .replace(/\d+/g, (digits: string) => (seen++ === which ? number : digits))
      const head = Buffer.alloc(8)
      head.writeBigUInt64LE(BigInt(Buffer.byteLength(json)))
      return Buffer.concat([head, Buffer.from(json), bytes.subarray(end)])
    }),
)

const mutations = fc.array(mutation, { minLength: 1, maxLength: 4 })

function seedSafetensors(path: string): void {
  const tensor = (name: string, dtype: 'F32' | 'BF16' | 'I64', shape: number[], bytes: number) => ({
    name,
    dtype,
    shape,
    bytes: () => new Uint8Array(bytes),
  })
  writeSafetensors(path, [
    tensor('model.embed_tokens.weight', 'F32', [6, 4], 96),
    tensor('model.norm.weight', 'BF16', [4], 8),
    tensor('größe "quoted"', 'I64', [], 8),
    tensor('empty', 'F32', [0, 7], 0),
  ])
}

function seedGguf(path: string): void {
  const metadata = new Map<string, GgufValue>([
    ['general.architecture', { kind: 'string', value: 'llama' }],
    ['general.alignment', { kind: 'uint32', value: 32 }],
    ['llama.rope.freq_base', { kind: 'float32', value: 10_000 }],
    ['a.bool', { kind: 'bool', value: true }],
    ['a.wide', { kind: 'uint64', value: 7n }],
    ['a.negative', { kind: 'int64', value: -7n }],
    ['a.double', { kind: 'float64', value: 0.1 }],
    [
      'tokenizer.ggml.tokens',
      { kind: 'array', element: 'string', values: ['a', 'é', '<|x|>', ''] },
    ],
    ['tokenizer.ggml.scores', { kind: 'array', element: 'float32', values: [0, -1, -2.5, 4] }],
    [
      'a.nested',
      {
        kind: 'array',
        element: 'array',
        values: [{ kind: 'array', element: 'uint8', values: [1, 2, 3] }],
      },
    ],
  ])
  writeGguf(path, metadata, [
    { name: 'token_embd.weight', type: 'Q8_0', shape: [4, 32], bytes: () => new Uint8Array(136) },
    { name: 'output_norm.weight', type: 'F32', shape: [32], bytes: () => new Uint8Array(128) },
    { name: 'blk.0.ffn_up.weight', type: 'Q4_K', shape: [256], bytes: () => new Uint8Array(144) },
  ])
}

export const formats = {
  safetensors: { seed: seedSafetensors, read: readSafetensorsHeader },
  gguf: { seed: seedGguf, read: readGgufHeader },
} as const

/** How many of the mutated files were still readable, and how many were refused. */
export type Outcome = { accepted: number; refused: number }

/** Runs one reader over `runs` mutated files; throws on the first that it does not survive. */
export function fuzzHeader(format: keyof typeof formats, runs: number, seed?: number): Outcome {
  const folder = mkdtempSync(join(tmpdir(), 'retool-fuzz-'))
  const path = join(folder, 'mutated')
  const outcome = { accepted: 0, refused: 0 }
  try {
    formats[format].seed(path)
    const original = readFileSync(path)
    fc.assert(
      fc.property(mutations, (steps) => {
        let bytes: Buffer = Buffer.from(original)
        for (const step of steps) bytes = step(bytes)
        writeFileSync(path, bytes)
        outcome[examine(format, path, bytes.length)]++
      }),
      { numRuns: runs, ...(seed === undefined ? {} : { seed }) },
    )
  } finally {
    rmSync(folder, { recursive: true })
  }
  return outcome
}

function examine(format: keyof typeof formats, path: string, size: number): keyof Outcome {
  try {
    const tensors: ReadonlyMap<string, ByteRange> = formats[format].read(path).tensors
    for (const { name, offset, bytes } of tensors.values()) {
      if (offset < 0 || bytes < 0 || offset + bytes > size) throw new Error(`${name} lies outside`)
    }
    if (overlapping(tensors.values())) throw new Error('an overlap was accepted')
    return 'accepted'
  } catch (error) {
    if (error instanceof UserError && error.message.includes(path)) return 'refused'
    throw error
  }
}
