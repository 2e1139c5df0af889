// Bounds on a program: defaults, what a person may ask for, and the fixed ones around them.

import { UserError } from '../base/errors.ts'
import { nearest } from '../base/nearest.ts'
import type { Limits } from './sandbox.ts'

export const defaultLimits: Limits = { timeoutMs: 10_000, deadlineMs: 300_000, memoryMb: 512 }

const bounds: Readonly<Record<keyof Limits, readonly [number, number]>> = {
  timeoutMs: [1, 3_600_000],
  deadlineMs: [1, 86_400_000],
  memoryMb: [16, 1_048_576],
}

/** `given` over `defaults`; throws UserError naming the field that is unknown or out of bounds. */
export function checkedLimits(given: Partial<Limits>, defaults: Limits = defaultLimits): Limits {
  const known = Object.keys(bounds)
  for (const name of Object.keys(given)) {
    if (known.includes(name)) continue
    const guess = nearest(name, known)
    const hint = guess ? `did you mean ${guess}?` : `known: ${known.join(', ')}`
    throw new UserError(`limits.${name}: no such limit; ${hint}`)
  }
  const take = (name: keyof Limits) =>
    checkedLimit(name, given[name] ?? defaults[name], `limits.${name}`)
  return {
    timeoutMs: take('timeoutMs'),
    deadlineMs: take('deadlineMs'),
    memoryMb: take('memoryMb'),
  }
}

/** `shown` is what the person who gave the value calls it. */
export function checkedLimit(name: keyof Limits, value: number, shown: string): number {
  const [least, most] = bounds[name]
  if (Number.isInteger(value) && value >= least && value <= most) return value
  throw new UserError(`${shown}: expected a whole number from ${least} to ${most}, got ${value}`)
}
