// One source of a configuration: a recipe, a file, an option. Later layers go over earlier ones.

import type { Origin } from './origin.ts'

/** Keys from the outside in; numbers for places in lists. */
export type Path = readonly (string | number)[]

export type PlainRecord = Readonly<Record<string, unknown>>

export interface Layer {
  readonly value: PlainRecord
  /** Where the key, or the value behind it, stands. */
  originOf(path: Path, part: 'key' | 'value'): Origin
}

export function isPlainRecord(value: unknown): value is PlainRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** `learner.clipRange.low`. */
export function formatPath(path: Path): string {
  return path.join('.')
}

/** The value at a path, or undefined where there is none. */
export function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (inner, key) =>
      typeof inner === 'object' && inner !== null
        ? (inner as Record<string | number, unknown>)[key]
        : undefined,
    value,
  )
}

/** A layer without positions, such as what a recipe function returned. */
export function recipeLayer(file: string, value: PlainRecord): Layer {
  return { value, originOf: () => ({ kind: 'recipe', file }) }
}
