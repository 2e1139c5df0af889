// Runs one program, or one program many times, and says how it went.

import { readFileSync } from 'node:fs'
import { InfrastructureError, UserError } from '../../base/errors.ts'
import { readFailure } from '../../base/read-failure.ts'
import { createSandbox } from '../../sandbox/create-sandbox.ts'
import type { Execution, Program, Sandbox } from '../../sandbox/sandbox.ts'
import { loadTable, measuredLoad } from './load.ts'
import { limitFlag, moduleNames, tierFlag, wholeNumber } from './sandbox-flags.ts'

interface RunOptions {
  readonly json?: boolean
  readonly timeoutMs?: string
  readonly memoryMb?: string
  readonly seed?: string
  readonly stdin?: string
  readonly tier?: string
  readonly python?: string
  readonly preload?: string
  readonly server?: readonly string[]
  readonly token?: string
  readonly repeat?: string
  readonly concurrency?: string
}

const ended = { well: 0, badly: 1, ofOurs: 3 } as const
/** For people the whole text; the model's is cut. */
const forPeople = 1_000_000

/** The exit code: 0 when the program ended well, 1 when it did not, 3 when the sandbox failed. */
export async function runProgram(file: string, options: RunOptions): Promise<number> {
  const program = programOf(file, options)
  const repeat = options.repeat === undefined ? 1 : wholeNumber('--repeat', options.repeat)
  const concurrency = wholeNumber('--concurrency', options.concurrency ?? '16')
  // One program is sooner done by importing what it needs itself than by warming a pool for it.
  const workers = options.repeat === undefined ? { workers: 1, slots: 1, preload: [] } : {}
  const tier = options.tier === undefined ? undefined : tierFlag(options.tier)
  let sandbox: Sandbox | undefined
  try {
    sandbox = await createSandbox({
      ...workers,
      ...(tier && { tier }),
      ...(options.python !== undefined && { python: options.python }),
      ...(options.preload !== undefined && { preload: moduleNames(options.preload) }),
      ...(options.server && { servers: options.server }),
      ...(options.token !== undefined && { token: options.token }),
      ...(!options.json && { outputCharacters: forPeople }),
    })
    if (options.repeat !== undefined) return await load(sandbox, program, { repeat, concurrency })
    const execution = await sandbox.execute(program)
    process.stdout.write(options.json ? `${jsonLine(execution)}\n` : execution.output)
    return execution.status === 'ok' ? ended.well : ended.badly
  } catch (error) {
    // Exit code 1 is the program's; ours is 2 for what a person got wrong.
    if (sandbox && error instanceof UserError) throw new UserError(error.message, 2)
    if (!(error instanceof InfrastructureError) && sandbox) throw error
    process.stderr.write(`error: ${error instanceof Error ? error.message : error}\n`)
    return ended.ofOurs
  } finally {
    await sandbox?.close()
  }
}

function programOf(file: string, options: RunOptions): Program {
  return {
    code: textOf(file === '-' ? 0 : file, file),
    ...(options.stdin !== undefined && { stdin: textOf(options.stdin, '--stdin') }),
    ...(options.seed !== undefined && { seed: wholeNumber('--seed', options.seed, 0) }),
    limits: {
      timeoutMs: limitFlag('timeoutMs', '--timeout-ms', options.timeoutMs ?? '10000'),
      memoryMb: limitFlag('memoryMb', '--memory-mb', options.memoryMb ?? '512'),
    },
  }
}

function textOf(source: string | 0, name: string): string {
  let bytes: Buffer
  try {
    bytes = readFileSync(source)
  } catch (error) {
    throw new UserError(`${name}: ${readFailure(error)}`, 2)
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new UserError(`${name}: not UTF-8; save the file as UTF-8`, 2)
  }
}

async function load(
  sandbox: Sandbox,
  program: Program,
  amount: { repeat: number; concurrency: number },
): Promise<number> {
  const measured = await measuredLoad(() => sandbox.execute(program), amount)
  process.stdout.write(loadTable(measured, amount.concurrency))
  if (measured.failures > 0) return ended.ofOurs
  return measured.statuses.size === 1 && measured.statuses.has('ok') ? ended.well : ended.badly
}

/** One line with exactly the documented keys. */
function jsonLine(execution: Execution): string {
  const { status, output, stdout, exception, exitCode, signal, truncated } = execution
  const { durationMs, queueMs, cpuMs, peakMemoryBytes, tier } = execution
  const said = { status, output, stdout, exception, exitCode, signal, truncated }
  return JSON.stringify({ ...said, durationMs, queueMs, cpuMs, peakMemoryBytes, tier })
}
