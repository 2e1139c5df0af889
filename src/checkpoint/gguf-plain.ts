// Metadata as plain values, for readers that know what to expect, and plain values as metadata.

import type { GgufMetadata, GgufValue } from './gguf-value.ts'

/** The values without their stored types; 64-bit numbers stay bigint, lists of lists are dropped. */
export function plainMetadata(metadata: GgufMetadata): Record<string, unknown> {
  const entries = [...metadata].flatMap(([key, stored]): [string, unknown][] => {
    if (stored.kind !== 'array') return [[key, stored.value]]
    return stored.element === 'array' ? [] : [[key, stored.values]]
  })
  return Object.fromEntries(entries)
}

type Plain = string | number | boolean | readonly string[] | readonly number[]

/**
 * Plain values in the types that llama.cpp expects: whole numbers as uint32, lists of whole
 * numbers as int32, other numbers as float32.
 */
export function typedMetadata(plain: Readonly<Record<string, Plain>>): Map<string, GgufValue> {
  return new Map(Object.entries(plain).map(([key, value]) => [key, typed(value)]))
}

function typed(value: Plain): GgufValue {
  if (typeof value === 'string') return { kind: 'string', value }
  if (typeof value === 'boolean') return { kind: 'bool', value }
  if (typeof value === 'number') {
    return { kind: Number.isInteger(value) ? 'uint32' : 'float32', value }
  }
  if (isTexts(value)) return { kind: 'array', element: 'string', values: value }
  const element = value.every(Number.isInteger) ? 'int32' : 'float32'
  return { kind: 'array', element, values: value }
}

function isTexts(values: readonly string[] | readonly number[]): values is readonly string[] {
  return values.some((value) => typeof value === 'string')
}
