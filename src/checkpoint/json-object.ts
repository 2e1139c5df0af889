// JSON from outside: refused before it is parsed if it is too deep, has too many values, or names
// a key twice (JSON.parse would silently keep the last).

import { UserError } from '../base/errors.ts'

export type JsonObject = Readonly<Record<string, unknown>>

export type JsonLimits = { readonly depth: number; readonly values: number }

const quote = 0x22
const backslash = 0x5c
const colon = 0x3a
const comma = 0x2c
const openers = new Set([0x5b, 0x7b])
const closers = new Set([0x5d, 0x7d])
const spaces = new Set([0x20, 0x09, 0x0a, 0x0d])

/** Whether a parsed value is an object (not an array, not null). */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * The object that `bytes` spell. `place` names the file in errors. Memory stays within a small
 * multiple of the bytes, whatever they say.
 */
export function parseJsonObject(bytes: Buffer, place: string, limits: JsonLimits): JsonObject {
  checkShape(bytes, place, limits)
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (error) {
    const why = error instanceof SyntaxError ? error.message : 'the text is not UTF-8'
    throw new UserError(`${place} is not valid JSON: ${why}`)
  }
  if (!isJsonObject(value)) throw new UserError(`${place} must hold a JSON object`)
  return value
}

function checkShape(bytes: Buffer, place: string, limits: JsonLimits): void {
  const open: Set<string>[] = []
  let values = 0
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index] ?? 0
    if (byte === quote) {
      const end = endOfString(bytes, index)
      const key = keyAt(bytes, index, end)
      if (key !== undefined) noteKey(open.at(-1), key, place)
      index = end
    } else if (openers.has(byte)) {
      open.push(new Set())
      if (open.length > limits.depth) {
        throw new UserError(`${place} nests deeper than ${limits.depth} levels`)
      }
    } else if (closers.has(byte)) open.pop()
    if ((openers.has(byte) || byte === comma) && ++values > limits.values) {
      throw new UserError(`${place} has more than ${limits.values} values`)
    }
  }
}

/** Index of the quote that ends the string beginning at `start`, or the last byte. */
function endOfString(bytes: Buffer, start: number): number {
  for (let index = start + 1; index < bytes.length; index++) {
    if (bytes[index] === backslash) index++
    else if (bytes[index] === quote) return index
  }
  return bytes.length - 1
}

/** The string from `start` to `end` if a colon follows it. */
function keyAt(bytes: Buffer, start: number, end: number): string | undefined {
  let next = end + 1
  while (spaces.has(bytes[next] ?? 0)) next++
  if (bytes[next] !== colon) return undefined
  try {
    return String(JSON.parse(bytes.toString('utf8', start, end + 1)))
  } catch {
    return undefined // The parser will say what is wrong with it.
  }
}

function noteKey(keys: Set<string> | undefined, key: string, place: string): void {
  if (keys?.has(key)) throw new UserError(`${place} names ${JSON.stringify(key)} twice`)
  keys?.add(key)
}
