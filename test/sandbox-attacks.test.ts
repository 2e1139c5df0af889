// Hostile programs at the strongest tier of the machine and at landlock (at every tier in
// nightly/sandbox-attacks.ts): the answer to each, and nothing left after.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { pythonExecutable } from '../src/python/python-executable.ts'
import { startLocalPool } from '../src/sandbox/create-sandbox.ts'
import type { LocalPool } from '../src/sandbox/local/local-pool.ts'
import { probe } from '../src/sandbox/probe.ts'
import type { Tier } from '../src/sandbox/sandbox.ts'
import { attacks, faultsOf } from './sandbox-attacks/faults-of.ts'
import { type Trace, traceOf } from './sandbox-attacks/trace-of.ts'

const laterSlots = 20
const onWorkerLost = (why: string) => process.stderr.write(`worker lost: ${why}\n`)
const found = await probe(pythonExecutable())
const usable = found.findings.flatMap(({ tier, usable }): Tier[] => (usable ? [tier] : []))
const tiers = usable.filter((tier) => tier === found.tier || tier === 'landlock')

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
      Array.from({ length: 60 }, () => pool.execute({ code: 'import time; time.sleep(0.3)' })),
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

  test.each(Object.entries(attacks))('%s', async (_, list) => {
    const wrong = (await Promise.all(list.map((attack) => faultsOf(attack, pool)))).flat()
    expect(wrong).toEqual([])
    const after = await settled((trace) => trace.processes === before.processes)
    // Slots are made when they are first needed and kept; a few may have been needed since.
    expect(after).toEqual({ ...before, groups: after.groups, descriptors: after.descriptors })
    expect(after.groups - before.groups).toBeLessThanOrEqual(3 * laterSlots)
    expect(after.descriptors - before.descriptors).toBeLessThanOrEqual(6 * laterSlots)
    expect(pool.state).toMatchObject({ pids: [supervisor], running: 0, queued: 0 })
  })
})
