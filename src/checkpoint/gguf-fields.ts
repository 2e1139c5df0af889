// Typed reading of GGUF metadata, with errors that name the file and the key.

import { UserError } from '../base/errors.ts'
import type { GgufMetadata, GgufValue } from './gguf-value.ts'
import { quoted } from './quoted.ts'

/** Sizes beyond this are damage, not a model. */
const largestSize = 2 ** 31

/** The metadata of the file at `path`. */
export class GgufFields {
  constructor(
    readonly metadata: GgufMetadata,
    readonly path: string,
  ) {}

  has(key: string): boolean {
    return this.metadata.has(key)
  }

  fail(key: string, expected: string): never {
    const value = this.metadata.get(key)
    const found = value ? `found ${describe(value)}` : 'it is missing'
    throw new UserError(`${this.path}: metadata ${quoted(key)} must be ${expected}; ${found}`)
  }

  /** A whole number from 1; a list of one and the same number counts as that number. */
  size(key: string, fallback?: number): number {
    const value = this.metadata.get(key)
    const number = value ? uniformNumber(value) : fallback
    if (number !== undefined && Number.isInteger(number) && number > 0 && number < largestSize) {
      return number
    }
    return this.fail(key, 'a whole number above 0, the same for all layers')
  }

  positive(key: string, fallback?: number): number {
    const value = this.metadata.get(key)
    const number = value ? numberOf(value) : fallback
    if (number !== undefined && Number.isFinite(number) && number > 0) return number
    return this.fail(key, 'a number above 0')
  }

  text(key: string, fallback?: string): string {
    const value = this.metadata.get(key)
    if (!value && fallback !== undefined) return fallback
    return value?.kind === 'string' ? value.value : this.fail(key, 'a string')
  }

  token(key: string): number | null {
    const value = this.metadata.get(key)
    if (!value) return null
    const number = numberOf(value)
    if (number !== undefined && Number.isSafeInteger(number) && number >= 0) return number
    return this.fail(key, 'a token id')
  }

  strings(key: string): readonly string[] {
    const value = this.metadata.get(key)
    if (value?.kind === 'array' && value.element === 'string') return value.values
    return this.fail(key, 'a list of strings')
  }
}

function numberOf(value: GgufValue): number | undefined {
  switch (value.kind) {
    case 'array':
    case 'bool':
    case 'string':
      return undefined
    case 'float32':
      return shortest(value.value)
    default:
      return Number(value.value)
  }
}

function uniformNumber(value: GgufValue): number | undefined {
  if (value.kind !== 'array') return numberOf(value)
  const [first] = value.values
  const same = typeof first === 'number' && value.values.every((element) => element === first)
  return same ? first : undefined
}

/** The shortest decimal number that float32 rounds to this value: 1e-5, not 9.99999974738e-6. */
function shortest(value: number): number {
  for (let digits = 1; digits <= 9; digits++) {
    const candidate = Number(value.toPrecision(digits))
    if (Math.fround(candidate) === value) return candidate
  }
  return value
}

function describe(value: GgufValue): string {
  if (value.kind === 'array') return `a list of ${value.values.length} (${value.element})`
  return `${quoted(String(value.value))} (${value.kind})`
}
