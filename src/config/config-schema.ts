// The JSON Schema of a configuration: for editors, and for finding which keys are known where.

import { z } from 'zod'
import { isPlainRecord, type Path, type PlainRecord, valueAt } from './layer.ts'

/** Of what people write: keys with defaults may be left out. */
export function configSchema(schema: z.ZodType): PlainRecord {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as PlainRecord
}

/**
 * The keys that are known in the record at `path` of `input`. Of alternatives, those count whose
 * fixed values (such as `kind`) the record has.
 */
export function knownKeys(schema: z.ZodType, input: unknown, path: Path): readonly string[] {
  const root = configSchema(schema)
  let candidates = alternatives(root, root, input)
  let value = input
  for (const key of path) {
    value = valueAt(value, [key])
    candidates = candidates
      .flatMap((candidate) => stepInto(candidate, key))
      .flatMap((candidate) => alternatives(root, candidate, value))
  }
  return [...new Set(candidates.flatMap((candidate) => Object.keys(properties(candidate))))]
}

/** Where else a key of this name is known: dotted paths, shortest first. Lists count as one step. */
export function placesOfKey(schema: z.ZodType, key: string): readonly string[] {
  const root = configSchema(schema)
  const found = new Set<string>()
  const search = (candidate: PlainRecord, path: readonly string[]): void => {
    if (path.length > deepest) return
    for (const one of alternatives(root, candidate, undefined)) {
      for (const [name, property] of Object.entries(properties(one))) {
        if (name === key) found.add([...path, name].join('.'))
        if (isPlainRecord(property)) search(property, [...path, name])
      }
      for (const item of stepInto(one, 0)) search(item, path)
    }
  }
  search(root, [])
  return [...found].sort((a, b) => a.split('.').length - b.split('.').length)
}

/** A schema may contain itself. */
const deepest = 5

function properties(schema: PlainRecord): PlainRecord {
  const found = schema['properties']
  return isPlainRecord(found) ? found : {}
}

function stepInto(schema: PlainRecord, key: string | number): PlainRecord[] {
  const inner =
    typeof key === 'number'
      ? schema['items']
      : (properties(schema)[key] ?? schema['additionalProperties'])
  return isPlainRecord(inner) ? [inner] : []
}

/** The schema itself, or those of its alternatives that a value could belong to. */
function alternatives(root: PlainRecord, schema: PlainRecord, value: unknown): PlainRecord[] {
  const reference = schema['$ref']
  if (typeof reference === 'string') {
    const target = valueAt(root, reference.replace(/^#\/?/, '').split('/').filter(Boolean))
    return isPlainRecord(target) && target !== schema ? alternatives(root, target, value) : []
  }
  const several = schema['anyOf'] ?? schema['oneOf'] ?? schema['allOf']
  if (!Array.isArray(several)) return [schema]
  const all = several.filter(isPlainRecord).flatMap((one) => alternatives(root, one, value))
  const fitting = all.filter((one) => fitsConstants(one, value))
  return fitting.length > 0 ? fitting : all
}

function fitsConstants(schema: PlainRecord, value: unknown): boolean {
  return Object.entries(properties(schema)).every(([key, property]) => {
    if (!isPlainRecord(property) || property['const'] === undefined) return true
    return valueAt(value, [key]) === property['const']
  })
}
