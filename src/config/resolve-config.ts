// From layers to the one frozen value that decides a run, with the origin of each of its values.
//
//   const { config } = resolveConfig(schema, [recipeLayer(...), yamlLayer(...), setLayer('seed=7')])

import type { z } from 'zod'
import { UserError } from '../base/errors.ts'
import { describeIssues } from './config-issue.ts'
import { formatPath, isPlainRecord, type Layer, type Path, valueAt } from './layer.ts'
import { type Merged, mergeLayers } from './merge-layers.ts'
import { describeNoEffects, type NoEffectRule } from './no-effect.ts'
import type { Origin } from './origin.ts'
import { plainConfig } from './plain-config.ts'

export interface ResolvedValue {
  readonly key: string
  /** Plain JSON; functions by their names. */
  readonly value: unknown
  readonly origin: Origin
}

export interface Resolved<Config> {
  /** Frozen all the way down, but for what holds functions: that is the user's own code. */
  readonly config: Config
  /** Every value that is no record, in the order of the schema. */
  readonly values: readonly ResolvedValue[]
}

/**
 * Later layers go over earlier ones; defaults are the schema's. Throws UserError (wrong use) that
 * names everything that is wrong: unknown keys, wrong values, keys without effect.
 */
export function resolveConfig<Schema extends z.ZodType>(
  schema: Schema,
  layers: readonly Layer[],
  rules: readonly NoEffectRule<z.output<Schema>>[] = [],
): Resolved<z.output<Schema>> {
  const merged = mergeLayers(layers)
  const parsed = schema.safeParse(merged.value)
  if (!parsed.success) throw mistakes(describeIssues(schema, merged, parsed.error.issues))
  const idle = describeNoEffects(parsed.data, merged, rules)
  if (idle.length > 0) throw mistakes(idle)
  return { config: deepFreeze(parsed.data), values: valuesOf(parsed.data, merged, []) }
}

function mistakes(lines: readonly string[]): UserError {
  return new UserError([...new Set(lines)].join('\n'), 2)
}

function valuesOf(value: unknown, merged: Merged, path: Path): ResolvedValue[] {
  if (isPlainRecord(value) && (path.length === 0 || Object.keys(value).length > 0)) {
    return Object.entries(value).flatMap(([key, inner]) => valuesOf(inner, merged, [...path, key]))
  }
  return [{ key: formatPath(path), value: plainConfig(value), origin: originOf(merged, path) }]
}

function originOf(merged: Merged, path: Path): Origin {
  if (valueAt(merged.value, path) === undefined) return { kind: 'default' }
  return merged.layerOf(path)?.originOf(path, 'value') ?? { kind: 'default' }
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  const inside = Object.values(value)
  if (inside.some((inner) => typeof inner === 'function')) return value
  Object.freeze(value)
  for (const inner of inside) deepFreeze(inner)
  return value
}
