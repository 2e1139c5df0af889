// Flags of the sandbox commands as values, refused with their name.

import { UserError } from '../../base/errors.ts'
import { checkedTier } from '../../sandbox/checked-options.ts'
import { checkedLimit } from '../../sandbox/limits.ts'
import type { Limits, Tier } from '../../sandbox/sandbox.ts'

/** A whole number of at least `least`. */
export function wholeNumber(flag: string, text: string, least = 1): number {
  const value = Number(text)
  if (text.trim() !== '' && Number.isSafeInteger(value) && value >= least) return value
  throw new UserError(`${flag}: expected a whole number from ${least}, got ${text || 'nothing'}`, 2)
}

/** A limit of programs, within its bounds. */
export function limitFlag(name: keyof Limits, flag: string, text: string): number {
  const value = wholeNumber(flag, text)
  return wrongUse(() => checkedLimit(name, value, flag))
}

/** `a, b` as a list; the empty text is the empty list. */
export function moduleNames(text: string): string[] {
  return text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
}

export function tierFlag(text: string): Tier {
  return wrongUse(() => checkedTier('--tier', text))
}

/** What `run` returns; a UserError of its has the exit code of wrong use. */
export function wrongUse<T>(run: () => T): T {
  try {
    return run()
  } catch (error) {
    throw error instanceof UserError ? new UserError(error.message, 2) : error
  }
}

/** Flags that go by another name than the option that they set. */
const otherNames: Readonly<Record<string, string>> = { servers: '--server', queueLength: '--queue' }
const flagged = /^(servers|token|python|preload|workers|slots|queueLength): /

/** A refused option of the sandbox as wrong use of its flag; whatever else was thrown as it was. */
export function asFlag(error: unknown): unknown {
  const option = error instanceof UserError ? flagged.exec(error.message)?.[1] : undefined
  if (option === undefined) return error
  const rest = (error as UserError).message.slice(option.length)
  return new UserError(`${otherNames[option] ?? `--${option}`}${rest}`, 2)
}
