// Checks a program before anything is started for it.

import { UserError } from '../base/errors.ts'
import { checkedLimits } from './limits.ts'
import type { Limits, Program } from './sandbox.ts'

const largestBytes = 10_000_000

/** A program as the pool passes it on: encoded, with every limit. */
export interface CheckedProgram {
  readonly code: Buffer
  readonly stdin: Buffer | undefined
  readonly seed: number | null
  readonly limits: Limits
}

/** Throws UserError naming the field that cannot be run. Programs that merely fail are fine. */
export function checkedProgram(program: Program, defaults: Limits): CheckedProgram {
  const seed = program.seed ?? null
  if (seed !== null && !(Number.isSafeInteger(seed) && seed >= 0)) {
    throw new UserError(`seed: expected a whole number from 0 to 2^53 - 1, got ${seed}`)
  }
  return {
    code: encoded('code', program.code),
    stdin: program.stdin === undefined ? undefined : encoded('stdin', program.stdin),
    seed,
    limits: checkedLimits(program.limits ?? {}, defaults),
  }
}

function encoded(name: string, text: unknown): Buffer {
  if (typeof text !== 'string')
    throw new UserError(`${name}: expected a string, got ${typeof text}`)
  const bytes = Buffer.from(text)
  if (bytes.length <= largestBytes) return bytes
  throw new UserError(`${name}: ${bytes.length} bytes; at most ${largestBytes} are accepted`)
}
