// The sandbox side by side with SandboxFusion in one run, wrong answers counted.
//
//   npx tsx bench/sandbox.ts [--seconds 10] [--sandbox-fusion http://127.0.0.1:8080]
//
// SandboxFusion is started by hand, outside this project, with the same interpreter and packages.

import { parseArgs } from 'node:util'
import { table } from '../src/cli/table.ts'
import { hostile } from './sandbox/hostile.ts'
import { type Load, type Measured, measure } from './sandbox/measure.ts'
import { memoryBelow } from './sandbox/memory-of.ts'
import { inProcess, ourServer, overHttp, type Target } from './sandbox/target.ts'

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '10' }, 'sandbox-fusion': { type: 'string' } },
})
const seconds = Number(values.seconds)
const megabyte = 1 << 20

const printing: Load['program'] = (number) => ({ code: `print(${number})`, prints: `${number}\n` })
const solving: Load['program'] = (number) => ({
  code: `from sympy import *\nx = symbols("x")\nprint(solve(x**2 - ${number * number}, x))`,
  prints: number === 0 ? '[0]\n' : `[${-number}, ${number}]\n`,
})
const flooding: Load['program'] = () => ({
  code: `print("x" * ${2 * megabyte})`,
  prints: `${'x'.repeat(65_536)}\n[1,966,081 bytes omitted]\n${'x'.repeat(65_535)}\n`,
})

const loads: readonly (readonly [string, Load])[] = [
  ['print, 1', { program: printing, concurrency: 1, seconds }],
  ['print, 16', { program: printing, concurrency: 16, seconds }],
  ['print, 256', { program: printing, concurrency: 256, seconds }],
  ['sympy solve, 16', { program: solving, concurrency: 16, seconds }],
  ['sympy solve, 256', { program: solving, concurrency: 256, seconds }],
]
const head = ['load', 'target', 'programs/s', 'p50 ms', 'p99 ms', 'wrong']
const align = ['left', 'left', 'right', 'right', 'right', 'right'] as const
const rows: string[][] = []

function row(name: string, target: Target, measured: Measured): void {
  const { perSecond, p50, p99, wrong } = measured
  rows.push([name, target.name, perSecond.toFixed(1), p50.toFixed(1), p99.toFixed(1), `${wrong}`])
}

/** 256 healthy programs alone, then among 256 hostile ones. */
async function mixed(target: Target): Promise<void> {
  const healthy = { program: printing, concurrency: 256, seconds: 600, most: 256 }
  row('256 healthy alone', target, await measure(target, healthy))
  const running = Array.from({ length: 256 }, (_, number) =>
    target.run(hostile[number % hostile.length] ?? '', 1).catch(() => ''),
  )
  row('256 healthy among 256 hostile', target, await measure(target, healthy))
  await Promise.all(running)
}

const server = await ourServer()
const atRest = memoryBelow(server.process.pid ?? 0)
const local = await inProcess()
const fusion = values['sandbox-fusion']
const targets = [server, local, ...(fusion ? [overHttp('SandboxFusion', fusion)] : [])]
try {
  for (const [name, load] of loads) {
    for (const target of targets) row(name, target, await measure(target, load))
  }
  for (const target of [server, local]) {
    const flood = { program: flooding, concurrency: 4, seconds }
    const measured = await measure(target, flood)
    row(`2 MB of output (${(measured.perSecond * 2).toFixed(0)} MB/s)`, target, measured)
    await mixed(target)
  }
  process.stdout.write(table(rows, { head, align: [...align] }))
  console.log(`memory of the pool at rest: ${atRest.toFixed(0)} MB`)
} finally {
  for (const target of targets) await target.close()
}
