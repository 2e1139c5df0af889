// Runs one attack and says what was wrong with its answer, or with the next program's.

import type { LocalPool } from '../../src/sandbox/local/local-pool.ts'
import type { Execution, Program } from '../../src/sandbox/sandbox.ts'
import type { Attack } from './attack.ts'
import { forging } from './forging.ts'
import { host } from './host.ts'
import { kernel } from './kernel.ts'
import { leftovers } from './leftovers.ts'
import { memory } from './memory.ts'
import { output } from './output.ts'
import { processes } from './processes.ts'
import { tampering } from './tampering.ts'
import { time } from './time.ts'

export const attacks: Readonly<Record<string, readonly Attack[]>> = {
  ...{ time, memory, processes, output, tampering, host, forging, leftovers, kernel },
}

/** How long a program gets whose right answer is a timeout, and one whose is not. */
const endless = 500
const ample = 20_000

export function programOf(attack: Attack): Program {
  const { code, stdin, memoryMb = 512 } = attack
  const mayWait = attack.status.includes('timeout')
  const limits = { timeoutMs: attack.timeoutMs ?? (mayWait ? endless : ample), memoryMb }
  return stdin === undefined ? { code, limits } : { code, stdin, limits }
}

/** Prints 1 and what it finds in its folders, which is nothing. */
const next = {
  code: 'import os; print(1, os.listdir("."), os.listdir("/tmp") if os.getcwd() == "/tmp" else [])',
}

export async function faultsOf(
  attack: Attack,
  pool: LocalPool,
  run: () => Promise<Execution> = () => pool.execute(programOf(attack)),
): Promise<string[]> {
  const alone = pool.tier === 'landlock' || !(await mayFork(pool))
  const expected = alone ? (attack.landlock ?? attack) : attack
  const { status, stdout, exception, signal, output: text } = await run()
  const after = await pool.execute(next)
  const right =
    expected.status.includes(status) &&
    (expected.stdout?.test(stdout) ?? true) &&
    (expected.exception?.test(exception?.type ?? '') ?? true) &&
    (expected.signal === undefined || expected.signal === signal)
  return [
    ...(right ? [] : [`${attack.name}: ${status} ${signal} ${text.slice(-400)}`]),
    ...(after.stdout === '1 [] []\n' ? [] : [`after ${attack.name}: ${after.output}`]),
  ]
}

const forking = new WeakMap<LocalPool, Promise<boolean>>()

/** Without a control group a program may have one process only. */
function mayFork(pool: LocalPool): Promise<boolean> {
  const known = forking.get(pool) ?? tried(pool)
  forking.set(pool, known)
  return known
}

async function tried(pool: LocalPool): Promise<boolean> {
  const code = 'import os\nif os.fork() == 0: os._exit(0)'
  return (await pool.execute({ code })).status === 'ok'
}
