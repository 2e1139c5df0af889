// Turns whatever a command threw into a message and an exit code; no stack for a user's mistake.

import { styleText } from 'node:util'
import { CommanderError } from 'commander'
import { SetupFailure } from '../../setup/failure.mjs'
import { InfrastructureError, UserError } from '../base/errors.ts'
import { usesColour } from './terminal.ts'

/** Prints to standard error what there is to say and returns the exit code: 1 failed, 2 wrong use. */
export function reportError(error: unknown): number {
  // Commander has printed its message already.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
  process.stderr.write(`${redLabel('error:')} ${describe(error)}\n`)
  return error instanceof UserError ? error.exitCode : 1
}

function describe(error: unknown): string {
  if (error instanceof UserError || error instanceof SetupFailure) return error.message
  const text = error instanceof Error ? error.message || error.name : String(error)
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  if (process.env['RETOOL_DEBUG']) return `${text}\n${stack}`
  const kind = error instanceof InfrastructureError ? '' : ' (a defect of ours: please report it)'
  return `${text}${kind}\nRETOOL_DEBUG=1 shows where it happened.`
}

function redLabel(text: string): string {
  return usesColour(process.stderr) ? styleText('red', text, { validateStream: false }) : text
}
