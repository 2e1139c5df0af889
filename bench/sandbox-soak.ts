// Many executions of a mix, healthy and hostile: nothing may grow and no answer may be wrong.
//
//   npx tsx bench/sandbox-soak.ts [--executions 200000 | --seconds 600] [--tier ns-root]
//
// The last line tells how much more there is at the end than after the first tenth, when all slots are made.

import { parseArgs } from 'node:util'
import { table } from '../src/cli/table.ts'
import { startLocalPool } from '../src/sandbox/create-sandbox.ts'
import type { Tier } from '../src/sandbox/sandbox.ts'
import { traceOf } from '../test/sandbox-attacks/trace-of.ts'
import { hostile } from './sandbox/hostile.ts'
import { memoryBelow } from './sandbox/memory-of.ts'

const { values } = parseArgs({
  options: {
    executions: { type: 'string', default: '200000' },
    seconds: { type: 'string', default: 'Infinity' },
    tier: { type: 'string' },
  },
})
const most = Number(values.seconds)
const executions = Number.isFinite(most) ? Number.POSITIVE_INFINITY : Number(values.executions)
const inFlight = 16
const looks = 10
const hostileEvery = 500
const sessionEvery = 1_000

const pool = await startLocalPool({
  ...(values.tier && { tier: values.tier as Tier }),
  recycleAfter: Number.POSITIVE_INFINITY, // so that what grows is seen
})
const programs: readonly ((number: number) => { code: string; stdout: string })[] = [
  (n) => ({ code: `print(${n} * 7)`, stdout: `${n * 7}\n` }),
  (n) => ({ code: `import math; print(math.isqrt(${n}**2))`, stdout: `${n}\n` }),
  (n) => ({
    code: `import numpy as np; print(int(np.arange(5).sum()) + ${n})`,
    stdout: `${10 + n}\n`,
  }),
  (n) => ({ code: `raise ValueError(${n})`, stdout: '' }),
  (n) => ({ code: `open('f', 'w').write('x' * 100000); print(${n})`, stdout: `${n}\n` }),
]
let [begun, wrong] = [0, 0]
const rows: string[][] = []

async function one(number: number): Promise<void> {
  if (number % hostileEvery === 0) {
    const code = hostile[(number / hostileEvery) % hostile.length] ?? ''
    await pool.execute({ code, limits: { timeoutMs: 500, memoryMb: 128 } })
  } else if (number % sessionEvery === 1) {
    const session = await pool.session()
    await session.execute({ code: `x = ${number}` })
    if ((await session.execute({ code: 'x' })).stdout !== `${number}\n`) wrong++
    await session.close()
  } else {
    const { code, stdout } = programs[number % programs.length]?.(number) ?? {
      code: '',
      stdout: '',
    }
    const execution = await pool.execute({ code })
    if (execution.stdout !== stdout) wrong++
  }
}

/** Looks when nothing runs, so that what is there then is what stays. */
async function look(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 1_000))
  const traces = pool.state.pids.map(traceOf)
  const sum = (name: keyof (typeof traces)[number]) =>
    String(traces.reduce((total, trace) => total + trace[name], 0))
  const memory = memoryBelow(process.pid).toFixed(0)
  const names = ['processes', 'descriptors', 'mounts', 'groups', 'snippets'] as const
  rows.push([String(begun), ...names.map(sum), memory, String(wrong), pool.state.pids.join(' ')])
}

await look()
for (let part = 1; part <= looks; part++) {
  const until = (executions * part) / looks
  const end = performance.now() + (most * 1000) / looks
  const loop = async () => {
    while (begun < until && performance.now() < end) await one(begun++)
  }
  await Promise.all(Array.from({ length: inFlight }, loop))
  await look()
}
const head = [
  'executions',
  'processes',
  'descriptors',
  'mounts',
  'groups',
  'snippets',
  'MB',
  'wrong',
]
const [early = [], last = []] = [rows[1], rows.at(-1)]
const growth = last
  .slice(1, head.length)
  .map((now, at) => String(Number(now) - Number(early[at + 1])))
process.stdout.write(
  table([...rows, ['growth', ...growth, '']], { head: [...head, 'supervisors'] }),
)
await pool.close()
if (wrong > 0) process.exitCode = 1
