// Runs one program, or one program many times, and says how it went.

import { InfrastructureError, UserError } from '../../base/errors.ts'
import { createSandbox } from '../../sandbox/create-sandbox.ts'
import type { Execution, Program, Sandbox } from '../../sandbox/sandbox.ts'
import type { SandboxOptions } from '../../sandbox/sandbox-options.ts'
import { loadTable, measuredLoad } from './load.ts'
import { programText } from './program-text.ts'
import { asFlag, limitFlag, moduleNames, tierFlag, wholeNumber } from './sandbox-flags.ts'

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
  refuseIdleFlags(options)
  const program = programOf(file, options)
  const repeat = options.repeat === undefined ? undefined : wholeNumber('--repeat', options.repeat)
  const concurrency = wholeNumber('--concurrency', options.concurrency ?? '16')
  const opened = sandboxOptions(options)
  let sandbox: Sandbox | undefined
  try {
    sandbox = await createSandbox(opened)
    if (repeat !== undefined) return await load(sandbox, program, { repeat, concurrency })
    const execution = await sandbox.execute(program)
    process.stdout.write(options.json ? `${jsonLine(execution)}\n` : execution.output)
    return execution.status === 'ok' ? ended.well : ended.badly
  } catch (error) {
    // Exit code 1 is the program's; ours is 2 for what a person got wrong.
    const flag = asFlag(error)
    if (flag !== error) throw flag
    if (sandbox && error instanceof UserError) throw new UserError(error.message, 2)
    if (sandbox && !(error instanceof InfrastructureError)) throw error
    process.stderr.write(`error: ${error instanceof Error ? error.message : error}\n`)
    return ended.ofOurs
  } finally {
    await sandbox?.close()
  }
}

function refuseIdleFlags({ json, repeat, concurrency }: RunOptions): void {
  if (concurrency !== undefined && repeat === undefined) {
    throw new UserError('--concurrency: nothing runs beside one program; give --repeat too', 2)
  }
  if (json && repeat !== undefined) {
    throw new UserError('--json: the result of --repeat is a table; leave out one of them', 2)
  }
}

function sandboxOptions(options: RunOptions): SandboxOptions {
  const { server, token, python, preload, repeat, json } = options
  // One program is sooner done by importing what it needs itself than by warming a pool for it.
  const small = repeat === undefined ? { workers: 1, slots: 1, preload: [] } : {}
  return {
    ...(!server && small),
    ...(!server && !json && { outputCharacters: forPeople }),
    ...(options.tier !== undefined && { tier: tierFlag(options.tier) }),
    ...(python !== undefined && { python }),
    ...(preload !== undefined && { preload: moduleNames(preload) }),
    ...(server && { servers: server }),
    ...(token !== undefined && { token }),
  }
}

function programOf(file: string, options: RunOptions): Program {
  const { stdin } = options
  return {
    code: programText(file === '-' ? 0 : file, file),
    ...(stdin !== undefined && { stdin: programText(stdin, `--stdin ${stdin}`) }),
    ...(options.seed !== undefined && { seed: wholeNumber('--seed', options.seed, 0) }),
    limits: {
      timeoutMs: limitFlag('timeoutMs', '--timeout-ms', options.timeoutMs ?? '10000'),
      memoryMb: limitFlag('memoryMb', '--memory-mb', options.memoryMb ?? '512'),
    },
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
