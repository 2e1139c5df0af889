// The sandbox side by side with SandboxFusion in one run, wrong answers counted.
//
//   npx tsx bench/sandbox.ts [--quick] [--python PATH] [--sandbox-fusion http://127.0.0.1:8080]
//
// SandboxFusion is started by hand, outside this project, with the interpreter that PATH names here. It
// gets no hostile programs: it would not be the only one to suffer.

import { parseArgs } from 'node:util'
import { table } from '../src/cli/table.ts'
import { goalRows, theirs } from './sandbox/goals.ts'
import { type Load, type Measured, measure, measureInTurn } from './sandbox/measure.ts'
import { memoryBelow } from './sandbox/memory-of.ts'
import { mixedLoad } from './sandbox/mixed-load.ts'
import { inProcess, ourServer, overHttp, type Target } from './sandbox/target.ts'

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    python: { type: 'string' },
    'sandbox-fusion': { type: 'string' },
  },
})
const seconds = values.quick ? 2 : 8
const megabyte = 1 << 20

const printing: Load['program'] = (number) => ({ code: `print(${number})`, prints: `${number}\n` })
const solving: Load['program'] = (number) => ({
  code: `from sympy import *\nx = symbols("x")\nprint(solve(x**2 - ${number * number}, x))`,
  prints: number === 0 ? '[0]\n' : `[${-number}, ${number}]\n`,
})
/** Ours keeps the beginning and the end and says what it left out; all of it goes through the relay. */
const flooding: Load['program'] = () => ({
  code: `print("x" * ${2 * megabyte})`,
  prints: [
    `${'x'.repeat(65_536)}\n[1,966,081 bytes omitted]\n${'x'.repeat(65_535)}\n`,
    `${'x'.repeat(2 * megabyte)}\n`,
  ],
})

const loads: readonly (readonly [string, Load])[] = [
  ['print, 1', { program: printing, concurrency: 1, seconds }],
  ['print, 16', { program: printing, concurrency: 16, seconds }],
  ['print, 256', { program: printing, concurrency: 256, seconds }],
  ['sympy solve, 16', { program: solving, concurrency: 16, seconds }],
]
/** At the very end: SandboxFusion goes on with programs on which we have given up. */
const longest: readonly [string, Load] = [
  'sympy solve, 256',
  { program: solving, concurrency: 256, seconds, patienceSeconds: values.quick ? 26 : 70 },
]
const head = ['load', 'target', 'programs/s', 'p50 ms', 'p99 ms', 'wrong', 'unanswered']
const align = ['left', 'left', ...Array(5).fill('right')] as ('left' | 'right')[]
const rows: string[][] = []
const found = new Map<string, Map<string, Measured>>()

function keep(load: string, target: Target, measured: Measured): void {
  const { perSecond, p50, p99, wrong, unanswered } = measured
  const figures = [perSecond, p50, p99].map((figure) => figure.toFixed(1))
  rows.push([load, target.name, ...figures, `${wrong}`, `${unanswered}`])
  found.set(load, (found.get(load) ?? new Map()).set(target.name, measured))
}

/** A flood of four at a time; SandboxFusion waits for programs whose pipe it does not read. */
async function relayed(target: Target): Promise<number> {
  const short = target.name === theirs ? { most: 4, timeoutSeconds: 3 } : {}
  const measured = await measure(target, { program: flooding, concurrency: 4, seconds, ...short })
  keep('2 MB of output', target, measured)
  return measured.perSecond * 2
}

const server = await ourServer(values.python)
const rest = memoryBelow(server.process.pid ?? 0)
const local = await inProcess(values.python)
const fusion = values['sandbox-fusion']
const others = fusion === undefined ? [] : [overHttp(theirs, fusion)]
try {
  for (const [name, load] of loads) {
    const found = await measureInTurn([server, local, ...others], load, values.quick ? 1 : 4)
    for (const [target, measured] of found) keep(name, target, measured)
  }
  const rates = [await relayed(server), await relayed(local)]
  for (const target of others) await relayed(target)
  const mixed = await mixedLoad(server, printing, values.quick ? 1 : 3)
  keep('256 healthy alone', server, mixed.calm)
  keep('256 healthy among 256 hostile', server, mixed.among)
  for (const target of [server, local, ...others]) {
    keep(longest[0], target, await measure(target, longest[1]))
  }
  const relay = Math.min(...rates)
  process.stdout.write(table(rows, { head, align }))
  const goals = goalRows({
    loads: found,
    mixed,
    relayMegabytesPerSecond: relay,
    restMegabytes: rest,
  })
  const columns = { head: ['goal', 'measured', 'asked', ''], align: ['left', 'right', 'right'] }
  process.stdout.write(`\n${table(goals, columns as Parameters<typeof table>[1])}`)
} finally {
  for (const target of [server, local, ...others]) await target.close()
}
