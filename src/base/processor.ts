// What this machine's processor can do, by its own account.

import { existsSync, readFileSync } from 'node:fs'

/** Instruction sets as Linux spells them (`avx2`, `asimd`); none where the system does not say. */
export function processorFlags(): readonly string[] {
  const file = '/proc/cpuinfo'
  return existsSync(file) ? flagsIn(readFileSync(file, 'utf8')) : []
}

export function flagsIn(cpuinfo: string): readonly string[] {
  return /^(?:flags|Features)\s*:(.*)$/m.exec(cpuinfo)?.[1]?.trim().split(/\s+/) ?? []
}

/**
 * The dtype in which this processor multiplies matrices fastest. Without instructions for bfloat16
 * a product of it takes two to three times as long as one of float32.
 */
export function fastestDtype(flags = processorFlags()): 'float32' | 'bfloat16' {
  const native = ['avx512_bf16', 'amx_bf16', 'bf16']
  return native.some((flag) => flags.includes(flag)) ? 'bfloat16' : 'float32'
}
