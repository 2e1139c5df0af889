// What a sandbox is opened with: every option known and within its bounds, or refused with its name.

import { UserError } from '../base/errors.ts'
import { nearest } from '../base/nearest.ts'
import type { SandboxOptions } from './sandbox-options.ts'

type Bounds = Readonly<Record<string, readonly [number, number]>>

// Slots, lingering programs, those that wait for their turn and sessions share 256 user ids a worker.
const numbers: Bounds = {
  workers: [1, 1_024],
  slots: [1, 64],
  lingering: [0, 16],
  queueLength: [0, 10_000_000],
  recycleAfter: [1, Number.POSITIVE_INFINITY],
  scratchMb: [1, 1_048_576],
  outputCharacters: [1, 1_000_000_000],
}
const sessionNumbers: Bounds = {
  idleMs: [1, 86_400_000],
  cells: [1, Number.POSITIVE_INFINITY],
  perWorker: [0, 48],
}
const others = 'servers token tier python preload limits session onWorkerLost readable'.split(' ')

/** Throws UserError. Limits are checked where they are merged with their defaults. */
export function checkOptions(options: SandboxOptions): void {
  checkAll('', options, numbers, others)
  checkAll('session.', options.session ?? {}, sessionNumbers, [])
}

function checkAll(
  place: string,
  given: object,
  bounds: Bounds,
  withoutBounds: readonly string[],
): void {
  const known = [...Object.keys(bounds), ...withoutBounds]
  for (const [name, value] of Object.entries(given)) {
    if (!known.includes(name)) {
      const guess = nearest(name, known)
      const hint = guess ? `did you mean ${guess}?` : `known: ${known.join(', ')}`
      throw new UserError(`${place}${name}: no such option; ${hint}`)
    }
    const bound = bounds[name]
    if (bound && value !== undefined) checkNumber(place + name, value, bound)
  }
}

function checkNumber(name: string, value: unknown, [least, most]: readonly [number, number]): void {
  const whole = Number.isInteger(value) || value === Number.POSITIVE_INFINITY
  if (whole && Number(value) >= least && Number(value) <= most) return
  const upTo = Number.isFinite(most) ? ` to ${most}` : ''
  throw new UserError(`${name}: expected a whole number from ${least}${upTo}, got ${value}`)
}
