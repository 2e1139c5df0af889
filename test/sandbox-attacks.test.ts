// Hostile programs at the strongest tier and at landlock: the answer to each, and nothing left after.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { pythonExecutable } from '../src/python/python-executable.ts'
import { startLocalPool } from '../src/sandbox/create-sandbox.ts'
import type { LocalPool } from '../src/sandbox/local/local-pool.ts'
import { probe } from '../src/sandbox/probe.ts'
import type { Tier } from '../src/sandbox/sandbox.ts'
import type { Attack } from './sandbox-attacks/attack.ts'
import { host } from './sandbox-attacks/host.ts'
import { memory } from './sandbox-attacks/memory.ts'
import { output } from './sandbox-attacks/output.ts'
import { processes } from './sandbox-attacks/processes.ts'
import { tampering } from './sandbox-attacks/tampering.ts'
import { time } from './sandbox-attacks/time.ts'
import { type Trace, traceOf } from './sandbox-attacks/trace-of.ts'

const attacks = { time, memory, processes, output, tampering, host }
/** How long a program gets whose right answer is a timeout, and one whose is not. */
const endless = 500
const ample = 20_000
const laterSlots = 4
const onWorkerLost = (why: string) => process.stderr.write(`worker lost: ${why}\n`)
const found = await probe(pythonExecutable())
const tiers = [found.tier, 'landlock' as const].filter(
  (tier, index, all): tier is Tier =>
    all.indexOf(tier) === index && found.findings.some((f) => f.tier === tier && f.usable),
)

describe.each(tiers)('attacks at tier %s', (tier) => {
  let pool: LocalPool
  let before: Trace
  let supervisor = 0

  beforeAll(async () => {
    pool = await startLocalPool({
      tier,
      workers: 1,
      slots: 6,
      preload: ['numpy', 'sympy'],
      onWorkerLost,
    })
    supervisor = pool.state.pids[0] ?? 0
    await Promise.all(
      Array.from({ length: 40 }, () => pool.execute({ code: 'import time; time.sleep(0.3)' })),
    )
    before = await settled(() => true)
  })
  afterAll(() => pool.close())

  /** The trace once boxes that are on their way out are gone. */
  async function settled(wanted: (trace: Trace) => boolean): Promise<Trace> {
    let last = traceOf(supervisor)
    for (let quiet = 0; quiet < 3; ) {
      await new Promise((resolve) => setTimeout(resolve, 50))
      const next = traceOf(supervisor)
      const same = JSON.stringify(next) === JSON.stringify(last)
      quiet = same && (wanted(next) || quiet < 2) ? quiet + 1 : 0
      last = next
    }
    return last
  }

  async function faults(attack: Attack): Promise<string[]> {
    const { code, stdin, memoryMb = 512 } = attack
    const mayWait = attack.status.includes('timeout')
    const timeoutMs = attack.timeoutMs ?? (mayWait ? endless : ample)
    const limits = { timeoutMs, memoryMb }
    const result = await pool.execute(
      stdin === undefined ? { code, limits } : { code, stdin, limits },
    )
    const next = await pool.execute({
      code: 'import os; print(1, os.listdir("."), os.listdir("/tmp") if os.getcwd() == "/tmp" else [])',
    })
    const expected = tier === 'landlock' ? (attack.landlock ?? attack) : attack
    const { status, stdout, exception, signal } = result
    const right =
      expected.status.includes(status) &&
      (expected.stdout?.test(stdout) ?? true) &&
      (expected.exception?.test(exception?.type ?? '') ?? true) &&
      (expected.signal === undefined || expected.signal === signal)
    const told = `${attack.name}: ${status} ${signal} ${result.output.slice(-400)}`
    return [
      ...(right ? [] : [told]),
      ...(next.stdout === '1 [] []\n' ? [] : [`after ${attack.name}: ${next.output}`]),
    ]
  }

  test.each(Object.entries(attacks))('%s', async (_, list) => {
    const wrong = (await Promise.all(list.map(faults))).flat()
    expect(wrong).toEqual([])
    const after = await settled((trace) => trace.processes === before.processes)
    // Slots are made when they are first needed and kept; a few may have been needed since.
    expect(after).toEqual({ ...before, groups: after.groups, descriptors: after.descriptors })
    expect(after.groups - before.groups).toBeLessThanOrEqual(3 * laterSlots)
    expect(after.descriptors - before.descriptors).toBeLessThanOrEqual(5 * laterSlots)
    expect(pool.state).toMatchObject({ pids: [supervisor], running: 0, queued: 0 })
  })
})
