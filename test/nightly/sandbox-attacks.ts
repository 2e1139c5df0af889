// Longer than a test: every attack in several guises, one after the other and then all at once, at each
// tier that the machine offers. After each, the next program is right and finds nothing; at the end no
// process, mount, group or descriptor more is there than before.
//
//   npx tsx test/nightly/sandbox-attacks.ts [TIER]

import { startLocalPool } from '../../src/sandbox/create-sandbox.ts'
import type { LocalPool } from '../../src/sandbox/local/local-pool.ts'
import { probe } from '../../src/sandbox/probe.ts'
import type { Tier } from '../../src/sandbox/sandbox.ts'
import type { Attack } from '../sandbox-attacks/attack.ts'
import { attacks, faultsOf, programOf } from '../sandbox-attacks/faults-of.ts'
import { traceOf } from '../sandbox-attacks/trace-of.ts'

type Guise = (attack: Attack) => Attack

const guises: Readonly<Record<string, Guise>> = {
  'as it is': (attack) => attack,
  'among the heavy libraries': (attack) => ({ ...attack, code: `import numpy\n${attack.code}` }),
  'as text that is executed': (attack) => ({
    ...attack,
    code: `exec(compile(${JSON.stringify(attack.code)}, 'inner.py', 'exec'), globals())`,
  }),
  'with little memory': (attack) => ({
    ...attack,
    memoryMb: Math.min(attack.memoryMb ?? 256, 256),
  }),
}
const all = Object.values(attacks).flat()
const found = await probe()
const asked = process.argv[2]
const tiers = found.findings.filter(({ usable, tier }) => usable && (!asked || tier === asked))
let wrong = 0

function report(place: string, faults: readonly string[]): void {
  wrong += faults.length
  for (const fault of faults) process.stdout.write(`${place}: ${fault}\n`)
}

/** What is there when nothing runs and what was ended is gone. */
async function quiet(pool: LocalPool) {
  await new Promise((resolve) => setTimeout(resolve, 2_000))
  const [supervisor = 0] = pool.state.pids
  const { processes, mounts, snippets } = traceOf(supervisor)
  return JSON.stringify({ processes, mounts, snippets, supervisor, running: pool.state.running })
}

async function inSession(pool: LocalPool, attack: Attack): Promise<void> {
  const session = await pool.session()
  const { code, limits } = programOf(attack)
  await session.execute({ code, limits: { timeoutMs: limits?.timeoutMs ?? 500 } }).catch(() => {})
  await session.close()
}

async function attackAll(tier: Tier): Promise<void> {
  const onWorkerLost = (why: string) => report(tier, [`a worker was lost: ${why}`])
  const pool = await startLocalPool({ tier, workers: 1, preload: ['numpy', 'sympy'], onWorkerLost })
  await Promise.all(all.map(() => pool.execute({ code: 'import time; time.sleep(0.2)' })))
  const before = await quiet(pool)
  for (const [name, guise] of Object.entries(guises)) {
    for (const attack of all) report(`${tier}, ${name}`, await faultsOf(guise(attack), pool))
  }
  for (const attack of all) {
    const { name, code } = attack
    const unharmed: Attack = { name, code, status: ['ok'], stdout: /^$/ }
    report(
      `${tier}, as a cell`,
      await faultsOf(unharmed, pool, async () => {
        await inSession(pool, attack)
        return pool.execute({ code: '' })
      }),
    )
  }
  report(
    `${tier}, at once`,
    (await Promise.all(all.map((attack) => faultsOf(attack, pool)))).flat(),
  )
  const after = await quiet(pool)
  if (after !== before) report(tier, [`left behind: before ${before}, after ${after}`])
  await pool.close()
  const count = all.length * (Object.keys(guises).length + 2)
  process.stdout.write(`${tier}: ${count} attacks\n`)
}

for (const { tier } of tiers) await attackAll(tier)
process.stdout.write(`${wrong} wrong\n`)
if (wrong > 0) process.exitCode = 1
