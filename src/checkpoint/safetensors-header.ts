// The header of a safetensors file: 8 bytes of length (little-endian), JSON, then the data.
// All that a header claims is checked against the file before anybody allocates or maps for it.

import { UserError } from '../base/errors.ts'
import { type ByteRange, elementCount, firstHole, overlapping } from './byte-ranges.ts'
import { isJsonObject, type JsonObject, parseJsonObject } from './json-object.ts'
import { quoted } from './quoted.ts'
import { ReadableFile } from './readable-file.ts'

/** Bytes of one element, by the format's names for its dtypes. */
export const safetensorsDtypes = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U64: 8,
  U32: 4,
  U16: 2,
  U8: 1,
  BOOL: 1,
  F8_E4M3: 1,
  F8_E5M2: 1,
} as const

export type SafetensorsDtype = keyof typeof safetensorsDtypes

/** One tensor of a file. `offset` counts from the file's first byte. */
export type SafetensorsEntry = ByteRange & {
  readonly dtype: SafetensorsDtype
  readonly shape: readonly number[]
}

export type SafetensorsHeader = {
  readonly path: string
  readonly tensors: ReadonlyMap<string, SafetensorsEntry>
  readonly metadata: Readonly<Record<string, string>>
}

/** The format's own bound on the header. */
const maxHeaderBytes = 100_000_000
const jsonLimits = { depth: 3, values: 8_000_000 }
const maxDimensions = 64

/** Reads and checks the header of the file at `path`. A lie in it is a UserError. */
export function readSafetensorsHeader(path: string): SafetensorsHeader {
  using file = ReadableFile.open(path)
  if (file.size < 8) throw new UserError(`${path} is too short for a safetensors file`)
  const length = file.read(0, 8).readBigUInt64LE()
  if (length > maxHeaderBytes || Number(length) > file.size - 8) {
    throw new UserError(
      `${path} claims a header of ${length} bytes, but the file has ${file.size} bytes: it is cut short or not a safetensors file`,
    )
  }
  const dataStart = 8 + Number(length)
  const json = parseJsonObject(file.read(8, Number(length)), `the header of ${path}`, jsonLimits)
  const data = { path, start: dataStart, bytes: file.size - dataStart }
  const tensors = new Map<string, SafetensorsEntry>()
  for (const [name, value] of Object.entries(json)) {
    if (name !== '__metadata__') tensors.set(name, parseEntry(name, value, data))
  }
  checkLayout(tensors.values(), data)
  return { path, tensors, metadata: parseMetadata(json, path) }
}

type DataPart = { readonly path: string; readonly start: number; readonly bytes: number }

function parseEntry(name: string, value: unknown, data: DataPart): SafetensorsEntry {
  const fail = (problem: string) => {
    throw new UserError(`${data.path}: tensor ${quoted(name)} ${problem}`)
  }
  if (!isJsonObject(value)) return fail('must be an object with dtype, shape and data_offsets')
  const dtype = value['dtype']
  if (!isDtype(dtype)) {
    return fail(
      `has dtype ${quoted(String(dtype))}; known are ${Object.keys(safetensorsDtypes).join(', ')}`,
    )
  }
  const shape = value['shape']
  if (!isSizes(shape) || shape.length > maxDimensions) {
    return fail('must have a shape of whole numbers, none negative')
  }
  const offsets = value['data_offsets']
  const [begin, end] = isSizes(offsets) && offsets.length === 2 ? offsets : []
  if (begin === undefined || end === undefined || begin > end) {
    return fail('must have data_offsets of two whole numbers, the first not above the second')
  }
  if (end > data.bytes) {
    return fail(`lies at bytes ${begin} to ${end} of the data, but there are only ${data.bytes}`)
  }
  const elements = elementCount(shape)
  if (elements === undefined || elements * safetensorsDtypes[dtype] !== end - begin) {
    return fail(
      `has ${end - begin} bytes, which do not fit ${dtype} of shape [${shape.join(', ')}]`,
    )
  }
  return { name, dtype, shape, offset: data.start + begin, bytes: end - begin }
}

function isDtype(value: unknown): value is SafetensorsDtype {
  return typeof value === 'string' && Object.hasOwn(safetensorsDtypes, value)
}

function isSizes(value: unknown): value is readonly number[] {
  return (
    Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && Number(size) >= 0)
  )
}

/** The format allows neither overlaps nor bytes that belong to no tensor. */
function checkLayout(tensors: Iterable<SafetensorsEntry>, data: DataPart): void {
  const ranges = [...tensors].map((range) => ({ ...range, offset: range.offset - data.start }))
  const clash = overlapping(ranges)
  if (clash) {
    const [first, second] = clash.map(({ name }) => quoted(name))
    throw new UserError(`${data.path}: tensors ${first} and ${second} overlap`)
  }
  const hole = firstHole(ranges, data.bytes)
  if (hole !== undefined) {
    throw new UserError(`${data.path}: byte ${hole} of the data belongs to no tensor`)
  }
}

function parseMetadata(json: JsonObject, path: string): Readonly<Record<string, string>> {
  const metadata = json['__metadata__'] ?? {}
  if (!isJsonObject(metadata)) throw new UserError(`${path}: __metadata__ must be an object`)
  const entries = Object.entries(metadata).map(([key, value]): [string, string] => {
    if (typeof value !== 'string') {
      throw new UserError(`${path}: __metadata__ ${quoted(key)} must be a string`)
    }
    return [key, value]
  })
  return Object.fromEntries(entries)
}
