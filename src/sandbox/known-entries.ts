// Records that a caller gave: objects whose keys are all known, or refused with the key's name.

import { UserError } from '../base/errors.ts'
import { nearest } from '../base/nearest.ts'
import { shownValue } from './shown-value.ts'

interface RecordPlace {
  /** What the caller calls the record. */
  readonly name: string
  /** What stands before a key's name, such as `limits.`. */
  readonly prefix: string
  /** What a key is: `option`, `field`, `limit`. */
  readonly kind: string
}

/** The entries of an object; throws UserError for anything else, such as a list or a Map. */
export function recordEntries(name: string, given: unknown): [string, unknown][] {
  if (typeof given === 'object' && given !== null && !(Symbol.iterator in given)) {
    return Object.entries(given).filter(([, value]) => value !== undefined)
  }
  throw new UserError(`${name}: expected an object, got ${shownValue(given)}`)
}

/** The same; throws UserError for a key that is not among `known`, too. */
export function knownEntries(
  { name, prefix, kind }: RecordPlace,
  given: unknown,
  known: readonly string[],
): [string, unknown][] {
  const entries = recordEntries(name, given)
  const unknown = entries.find(([key]) => !known.includes(key))?.[0]
  if (unknown === undefined) return entries
  const guess = nearest(unknown, known)
  const hint = guess ? `did you mean ${guess}?` : `known: ${known.join(', ')}`
  throw new UserError(`${prefix}${unknown}: no such ${kind}; ${hint}`)
}
