// Writing GGUF version 3 by the rules that llama.cpp's loader checks: tensors in the order of their
// entries, each padded to the alignment, names of at most 63 bytes.

import { UserError } from '../base/errors.ts'
import { type Append, writeAtomically } from './atomic-file.ts'
import { elementCount } from './byte-ranges.ts'
import { type GgmlType, ggmlLayoutOf } from './ggml-type.ts'
import {
  type GgufArray,
  type GgufKind,
  type GgufMetadata,
  type GgufNumberKind,
  type GgufValue,
  ggufKinds,
} from './gguf-value.ts'

/** A tensor to be written. `bytes` is asked for only when its turn comes, and once. */
export type GgufSource = {
  readonly name: string
  readonly type: GgmlType
  /** Row-major, as in torch. */
  readonly shape: readonly number[]
  readonly bytes: () => Uint8Array
}

const alignment = 32
const maxNameBytes = 63

/** Writes one file atomically. */
export function writeGguf(
  path: string,
  metadata: GgufMetadata,
  sources: readonly GgufSource[],
): void {
  const head = Buffer.concat([
    Buffer.from('GGUF'),
    number('uint32', 3),
    wide(sources.length),
    wide(metadata.size),
    ...[...metadata].flatMap(([key, value]) => [text(key), ...typedValue(value)]),
    ...tensorEntries(sources),
  ])
  writeAtomically(path, (append) => {
    appendPadded(append, head)
    for (const source of sources) {
      const bytes = source.bytes()
      if (bytes.byteLength !== sizeOf(source)) {
        throw new Error(
          `defect: ${source.name} gave ${bytes.byteLength} bytes instead of ${sizeOf(source)}`,
        )
      }
      appendPadded(append, bytes)
    }
  })
}

function tensorEntries(sources: readonly GgufSource[]): Buffer[] {
  const names = new Set<string>()
  let offset = 0
  return sources.flatMap((source) => {
    const { name, shape, type } = source
    if (names.has(name)) throw new UserError(`cannot write two tensors named ${name}`)
    if (Buffer.byteLength(name) > maxNameBytes) {
      throw new UserError(`the tensor name ${name} is too long for llama.cpp`)
    }
    names.add(name)
    const start = offset
    offset += padded(sizeOf(source))
    return [
      text(name),
      number('uint32', shape.length),
      ...[...shape].reverse().map(wide),
      number('uint32', ggmlLayoutOf(type).id),
      wide(start),
    ]
  })
}

/** Bytes that the tensor takes; its rows must divide into the type's blocks. */
function sizeOf({ name, type, shape }: GgufSource): number {
  const layout = ggmlLayoutOf(type)
  if ((shape.at(-1) ?? 1) % layout.block !== 0) {
    throw new UserError(
      `${name} has rows of ${shape.at(-1)}, which do not divide into ${type} blocks`,
    )
  }
  return ((elementCount(shape) ?? 0) / layout.block) * layout.bytes
}

function padded(bytes: number): number {
  return Math.ceil(bytes / alignment) * alignment
}

function appendPadded(append: Append, bytes: Uint8Array): void {
  append(bytes)
  append(Buffer.alloc(padded(bytes.byteLength) - bytes.byteLength))
}

function typedValue(value: GgufValue): Buffer[] {
  return [kindNumber(value.kind), ...untypedValue(value)]
}

function untypedValue(value: GgufValue): Buffer[] {
  switch (value.kind) {
    case 'array':
      return arrayValue(value)
    case 'string':
      return [text(value.value)]
    case 'bool':
      return [number('uint8', value.value ? 1 : 0)]
    case 'uint64':
    case 'int64':
      return [wide(value.value)]
    default:
      return [number(value.kind, value.value)]
  }
}

function arrayValue(array: GgufArray): Buffer[] {
  return [kindNumber(array.element), wide(array.values.length), ...elements(array)]
}

function elements(array: GgufArray): Buffer[] {
  switch (array.element) {
    case 'array':
      return array.values.flatMap(arrayValue)
    case 'string':
      return array.values.map(text)
    case 'bool':
      return array.values.map((flag) => number('uint8', flag ? 1 : 0))
    case 'uint64':
    case 'int64':
      return array.values.map(wide)
    default: {
      const { element } = array
      return array.values.map((value) => number(element, value))
    }
  }
}

function kindNumber(kind: GgufKind): Buffer {
  return number('uint32', ggufKinds.indexOf(kind))
}

function number(kind: GgufNumberKind, value: number): Buffer {
  const bytes = Buffer.alloc(8)
  const write: Readonly<Record<GgufNumberKind, () => number>> = {
    uint8: () => bytes.writeUInt8(value),
    int8: () => bytes.writeInt8(value),
    uint16: () => bytes.writeUInt16LE(value),
    int16: () => bytes.writeInt16LE(value),
    uint32: () => bytes.writeUInt32LE(value),
    int32: () => bytes.writeInt32LE(value),
    float32: () => bytes.writeFloatLE(value),
    float64: () => bytes.writeDoubleLE(value),
  }
  return bytes.subarray(0, write[kind]())
}

/** A 64-bit number; negative ones in two's complement. */
function wide(value: number | bigint): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)))
  return bytes
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value)
  return Buffer.concat([wide(bytes.length), bytes])
}
