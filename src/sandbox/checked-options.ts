// What a sandbox is opened with: every option known and within its bounds, or refused with its name.

import { existsSync } from 'node:fs'
import { isAbsolute } from 'node:path'
import { UserError } from '../base/errors.ts'
import { nearest } from '../base/nearest.ts'
import type { SessionLimits } from './conversation.ts'
import { knownEntries } from './known-entries.ts'
import { checkedLimits } from './limits.ts'
import type { Tier } from './sandbox.ts'
import type { SandboxOptions } from './sandbox-options.ts'
import { shownValue } from './shown-value.ts'

type Check = (name: string, value: unknown) => void
type Checks<Options> = Readonly<Record<keyof Options, Check>>

const tiers: readonly Tier[] = ['ns-root', 'ns-user', 'landlock', 'unsafe']

const sessionChecks: Checks<SessionLimits> = {
  idleMs: wholeNumber(1, 86_400_000),
  cells: wholeNumber(1, Number.POSITIVE_INFINITY),
  perWorker: wholeNumber(0, 48),
}

// Slots, lingering programs, those that wait for their turn and sessions share 256 user ids a worker.
const checks: Checks<SandboxOptions> = {
  servers: addresses,
  token: checkToken,
  tier: (name, value) => void checkedTier(name, value),
  python: text,
  preload: texts,
  workers: wholeNumber(1, 1_024),
  slots: wholeNumber(1, 64),
  lingering: wholeNumber(0, 16),
  queueLength: wholeNumber(0, 10_000_000),
  recycleAfter: wholeNumber(1, Number.POSITIVE_INFINITY),
  limits: (_, value) => void checkedLimits(value as object),
  session: (name, value) => checkAll({ name, prefix: 'session.' }, value, sessionChecks),
  onWorkerLost: callable,
  readable: folders,
  scratchMb: wholeNumber(1, 1_048_576),
  outputCharacters: wholeNumber(1, 1_000_000_000),
}

/** Options that servers do not take from their clients. */
const ofThisMachine: readonly (keyof SandboxOptions)[] = [
  ...(['python', 'preload', 'workers', 'slots', 'lingering', 'recycleAfter'] as const),
  ...(['onWorkerLost', 'readable', 'scratchMb', 'outputCharacters'] as const),
]

/** Throws UserError. */
export function checkOptions(options: SandboxOptions): void {
  checkAll({ name: 'options', prefix: '' }, options, checks)
  const { servers, token } = options
  const idle = ofThisMachine.find((name) => options[name] !== undefined)
  if (servers !== undefined && idle) {
    throw new UserError(`${idle}: servers decide that for themselves; leave it out beside servers`)
  }
  if (servers === undefined && token !== undefined) {
    throw new UserError('token: only servers are shown one, and there are none')
  }
}

/** A tier by its name, or a UserError that suggests the nearest. */
export function checkedTier(name: string, value: unknown): Tier {
  const found = tiers.find((tier) => tier === value)
  if (found) return found
  const guess = typeof value === 'string' ? nearest(value, tiers) : undefined
  const hint = guess ? `did you mean ${guess}?` : `expected one of ${tiers.join(', ')}`
  throw new UserError(`${name}: no tier ${shownValue(value)}; ${hint}`)
}

/** A token that every client can send: an empty one would let everybody in. */
export function checkToken(name: string, value: unknown): void {
  const sendable = typeof value === 'string' && /^[!-~]([ -~]*[!-~])?$/.test(value)
  if (sendable) return
  const problem = value === '' ? 'it is empty' : 'it is something else'
  throw new UserError(`${name}: expected printable ASCII characters; ${problem}`)
}

function checkAll(
  place: { readonly name: string; readonly prefix: string },
  given: unknown,
  known: Readonly<Record<string, Check>>,
): void {
  const entries = knownEntries({ ...place, kind: 'option' }, given, Object.keys(known))
  for (const [name, value] of entries) known[name]?.(place.prefix + name, value)
}

function wholeNumber(least: number, most: number): Check {
  return (name, value) => {
    const whole = Number.isInteger(value) || value === Number.POSITIVE_INFINITY
    if (whole && Number(value) >= least && Number(value) <= most) return
    const upTo = Number.isFinite(most) ? ` to ${most}` : ''
    const found = shownValue(value)
    throw new UserError(`${name}: expected a whole number from ${least}${upTo}, got ${found}`)
  }
}

function text(name: string, value: unknown): void {
  if (typeof value === 'string' && value !== '' && !value.includes('\0')) return
  throw new UserError(`${name}: expected a text, got ${shownValue(value)}`)
}

function texts(name: string, value: unknown): void {
  if (!Array.isArray(value)) {
    throw new UserError(`${name}: expected a list, got ${shownValue(value)}`)
  }
  for (const one of value) text(name, one)
}

function addresses(name: string, value: unknown): void {
  texts(name, value)
  for (const one of value as string[]) checkAddress(name, one)
  if ((value as string[]).length === 0) {
    throw new UserError(`${name}: expected at least one address such as http://127.0.0.1:8080`)
  }
}

function checkAddress(name: string, address: string): void {
  const protocol = URL.canParse(address) ? new URL(address).protocol : ''
  if (protocol === 'http:' || protocol === 'https:') return
  const found = shownValue(address)
  throw new UserError(`${name}: expected addresses such as http://127.0.0.1:8080, got ${found}`)
}

function folders(name: string, value: unknown): void {
  texts(name, value)
  for (const folder of value as string[]) {
    const there = isAbsolute(folder) && existsSync(folder)
    if (there) continue
    const found = shownValue(folder)
    throw new UserError(`${name}: expected absolute paths of folders that are there, got ${found}`)
  }
}

function callable(name: string, value: unknown): void {
  if (typeof value === 'function') return
  throw new UserError(`${name}: expected a function, got ${shownValue(value)}`)
}
