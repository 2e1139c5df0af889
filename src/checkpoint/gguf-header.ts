// The header of a GGUF file (versions 2 and 3, little-endian): metadata and where tensors lie.
// Everything it claims is checked against the file before it is believed.

import { UserError } from '../base/errors.ts'
import { type ByteRange, elementCount, overlapping } from './byte-ranges.ts'
import { type GgmlLayout, type GgmlType, ggmlLayout } from './ggml-type.ts'
import {
  type GgufArray,
  type GgufKind,
  type GgufMetadata,
  type GgufValue,
  ggufKinds,
  ggufLeastBytes,
} from './gguf-value.ts'
import { HeaderCursor } from './header-cursor.ts'
import { quoted } from './quoted.ts'
import { ReadableFile } from './readable-file.ts'

/** One tensor. `offset` counts from the file's first byte; `shape` is row-major, as in torch. */
export type GgufEntry = ByteRange & { readonly type: GgmlType; readonly shape: readonly number[] }

export type GgufHeader = {
  readonly path: string
  readonly metadata: GgufMetadata
  readonly tensors: ReadonlyMap<string, GgufEntry>
}

const magic = 'GGUF'
const maxHeaderBytes = 256 * 1024 * 1024
/** Bounds what the metadata's arrays take in memory: 16 million is 60 times a large vocabulary. */
const maxArrayElements = 16_000_000
const maxArrayDepth = 4
const maxDimensions = 4
const defaultAlignment = 32
/** Bytes of the smallest metadata entry (empty key, type, one byte) and tensor entry. */
const leastMetadataBytes = 13
const leastTensorBytes = 24

/** Reads and checks the header of the file at `path`. A lie in it is a UserError. */
export function readGgufHeader(path: string): GgufHeader {
  using file = ReadableFile.open(path)
  const cursor = new HeaderCursor(file, maxHeaderBytes)
  checkVersion(cursor)
  const tensorCount = cursor.count('tensors', leastTensorBytes)
  const metadataCount = cursor.count('metadata entries', leastMetadataBytes)
  const metadata = readMetadata(cursor, metadataCount)
  const claims = readTensorClaims(cursor, tensorCount)
  cursor.doing = 'the tensors'
  return { path, metadata, tensors: placeTensors(claims, cursor, alignmentOf(metadata, cursor)) }
}

function checkVersion(cursor: HeaderCursor): void {
  const { path, size } = cursor.file
  if (size < 24) throw new UserError(`${path} is too short for a GGUF file`)
  const start = [cursor.uint8(), cursor.uint8(), cursor.uint8(), cursor.uint8()]
  if (String.fromCharCode(...start) !== magic) {
    throw new UserError(`${path} is not a GGUF file: it does not begin with "${magic}"`)
  }
  const version = cursor.uint32()
  if (version === 2 || version === 3) return
  // Of a version below 65536 written in the other byte order, the lower half is zero.
  const hint = version % 65_536 === 0 ? ' (the file seems to be big-endian)' : ''
  throw new UserError(`${path} has GGUF version ${version}${hint}; supported are 2 and 3`)
}

function readMetadata(cursor: HeaderCursor, count: number): Map<string, GgufValue> {
  const metadata = new Map<string, GgufValue>()
  const budget = { elements: maxArrayElements }
  for (let index = 0; index < count; index++) {
    cursor.doing = `metadata entry ${index + 1} of ${count}`
    const key = cursor.string('strict')
    if (metadata.has(key)) cursor.fail(`the key ${quoted(key)} is there twice`)
    cursor.doing = `metadata ${quoted(key)}`
    const kind = readKind(cursor)
    const encoding = key.startsWith('tokenizer.') ? 'strict' : 'lossy'
    metadata.set(
      key,
      kind === 'array'
        ? readArray(cursor, { budget, depth: 1, encoding })
        : readScalar(cursor, kind, encoding),
    )
  }
  return metadata
}

type Encoding = 'strict' | 'lossy'
type ArrayBounds = {
  readonly budget: { elements: number }
  readonly depth: number
  readonly encoding: Encoding
}

function readKind(cursor: HeaderCursor): GgufKind {
  const id = cursor.uint32()
  return ggufKinds[id] ?? cursor.fail(`there is no value type ${id}`)
}

function readScalar(
  cursor: HeaderCursor,
  kind: Exclude<GgufKind, 'array'>,
  encoding: Encoding,
): GgufValue {
  switch (kind) {
    case 'string':
      return { kind, value: cursor.string(encoding) }
    case 'bool':
      return { kind, value: cursor.uint8() !== 0 }
    case 'uint64':
    case 'int64':
      return { kind, value: cursor[kind]() }
    default:
      return { kind, value: cursor[kind]() }
  }
}

function readArray(cursor: HeaderCursor, bounds: ArrayBounds): GgufArray {
  const element = readKind(cursor)
  const count = cursor.count('array elements', ggufLeastBytes[element])
  bounds.budget.elements -= count
  if (bounds.budget.elements < 0) cursor.fail(`arrays have over ${maxArrayElements} elements`)
  const many = <T>(read: () => T): T[] => {
    const values: T[] = []
    for (let index = 0; index < count; index++) values.push(read())
    return values
  }
  switch (element) {
    case 'array': {
      if (bounds.depth >= maxArrayDepth) cursor.fail(`arrays nest deeper than ${maxArrayDepth}`)
      const inner = { ...bounds, depth: bounds.depth + 1 }
      return { kind: 'array', element, values: many(() => readArray(cursor, inner)) }
    }
    case 'string':
      return { kind: 'array', element, values: many(() => cursor.string(bounds.encoding)) }
    case 'bool':
      return { kind: 'array', element, values: many(() => cursor.uint8() !== 0) }
    case 'uint64':
    case 'int64':
      return { kind: 'array', element, values: many(cursor[element]) }
    default:
      return { kind: 'array', element, values: many(cursor[element]) }
  }
}

function alignmentOf(metadata: GgufMetadata, cursor: HeaderCursor): number {
  const stored = metadata.get('general.alignment')
  if (!stored) return defaultAlignment
  cursor.doing = 'metadata "general.alignment"'
  const { kind, value } = stored.kind === 'uint32' ? stored : { kind: stored.kind, value: 0 }
  if (kind === 'uint32' && value > 0 && (value & (value - 1)) === 0) return value
  return cursor.fail('it must be a power of two, stored as uint32')
}

type TensorClaim = {
  readonly name: string
  readonly shape: readonly number[]
  readonly layout: GgmlLayout
  readonly offset: number
}

function readTensorClaims(cursor: HeaderCursor, count: number): Map<string, TensorClaim> {
  const claims = new Map<string, TensorClaim>()
  for (let index = 0; index < count; index++) {
    cursor.doing = `tensor ${index + 1} of ${count}`
    const name = cursor.string('strict')
    cursor.doing = `tensor ${quoted(name)}`
    if (claims.has(name)) cursor.fail('it is there twice')
    const dimensions = cursor.uint32()
    if (dimensions > maxDimensions) cursor.fail(`it claims ${dimensions} dimensions`)
    const shape: number[] = []
    // The file lists the innermost dimension first.
    for (let d = 0; d < dimensions; d++) shape.unshift(cursor.size('a dimension of'))
    const type = cursor.uint32()
    const layout = ggmlLayout(type) ?? cursor.fail(`it has the unknown type ${type}`)
    claims.set(name, { name, shape, layout, offset: cursor.size('an offset of') })
  }
  return claims
}

function placeTensors(
  claims: ReadonlyMap<string, TensorClaim>,
  cursor: HeaderCursor,
  alignment: number,
): Map<string, GgufEntry> {
  const dataStart = Math.ceil(cursor.position / alignment) * alignment
  const placed = new Map<string, GgufEntry>()
  for (const [name, { shape, layout, offset }] of claims) {
    cursor.doing = `tensor ${quoted(name)}`
    const row = shape.at(-1) ?? 1
    if (row % layout.block !== 0) {
      cursor.fail(`rows of ${row} do not divide into ${layout.name} blocks of ${layout.block}`)
    }
    const elements = elementCount(shape)
    if (elements === undefined) cursor.fail(`the shape [${shape.join(', ')}] is absurd`)
    const bytes = (elements / layout.block) * layout.bytes
    if (offset % alignment !== 0) cursor.fail(`its offset ${offset} is no multiple of ${alignment}`)
    if (dataStart + offset + bytes > cursor.file.size) {
      cursor.fail(
        `it lies at bytes ${dataStart + offset} to ${dataStart + offset + bytes}, but the file ends at ${cursor.file.size}`,
      )
    }
    placed.set(name, { name, type: layout.name, shape, offset: dataStart + offset, bytes })
  }
  const clash = overlapping(placed.values())
  if (clash) cursor.fail(`${clash.map(({ name }) => quoted(name)).join(' and ')} overlap`)
  return placed
}
