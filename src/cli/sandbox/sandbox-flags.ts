// Flags of the sandbox commands as values, refused with their name.

import { UserError } from '../../base/errors.ts'
import { nearest } from '../../base/nearest.ts'
import { checkedLimit } from '../../sandbox/limits.ts'
import type { Limits, Tier } from '../../sandbox/sandbox.ts'

const tiers: readonly Tier[] = ['ns-root', 'ns-user', 'landlock', 'unsafe']

/** A whole number of at least `least`. */
export function wholeNumber(flag: string, text: string, least = 1): number {
  const value = Number(text)
  if (text.trim() !== '' && Number.isSafeInteger(value) && value >= least) return value
  throw new UserError(`${flag}: expected a whole number from ${least}, got ${text}`, 2)
}

/** A limit of programs, within its bounds. */
export function limitFlag(name: keyof Limits, flag: string, text: string): number {
  try {
    return checkedLimit(name, wholeNumber(flag, text), flag)
  } catch (error) {
    throw error instanceof UserError ? new UserError(error.message, 2) : error
  }
}

/** `a, b` as a list; the empty text is the empty list. */
export function moduleNames(text: string): string[] {
  return text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
}

export function tierFlag(text: string): Tier {
  const found = tiers.find((tier) => tier === text)
  if (found) return found
  const guess = nearest(text, tiers)
  const hint = guess ? `did you mean ${guess}?` : `expected one of ${tiers.join(', ')}`
  throw new UserError(`--tier ${text}: no such tier; ${hint}`, 2)
}
