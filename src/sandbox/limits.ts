// Bounds on a program: defaults, what a person may ask for, and the fixed ones around them.

import { UserError } from '../base/errors.ts'
import { knownEntries } from './known-entries.ts'
import type { Limits } from './sandbox.ts'
import { shownValue } from './shown-value.ts'

export const defaultLimits: Limits = { timeoutMs: 10_000, deadlineMs: 300_000, memoryMb: 512 }

const bounds: Readonly<Record<keyof Limits, readonly [number, number]>> = {
  timeoutMs: [1, 3_600_000],
  deadlineMs: [1, 86_400_000],
  memoryMb: [16, 1_048_576],
}
const place = { name: 'limits', prefix: 'limits.', kind: 'limit' } as const

/** `given` over `defaults`; throws UserError naming the field that is unknown or out of bounds. */
export function checkedLimits(
  given: Partial<Limits> | undefined,
  defaults: Limits = defaultLimits,
): Limits {
  const entries = given === undefined ? [] : knownEntries(place, given, Object.keys(bounds))
  for (const [name, value] of entries) checkedLimit(name as keyof Limits, value, `limits.${name}`)
  return { ...defaults, ...Object.fromEntries(entries) }
}

/** `shown` is what the person who gave the value calls it. */
export function checkedLimit(name: keyof Limits, value: unknown, shown: string): number {
  const [least, most] = bounds[name]
  const number = typeof value === 'number' && Number.isInteger(value) ? value : Number.NaN
  if (number >= least && number <= most) return number
  const found = shownValue(value)
  throw new UserError(`${shown}: expected a whole number from ${least} to ${most}, got ${found}`)
}
