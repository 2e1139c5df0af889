// Training against transformers and TRL, side by side in one run: supervised steps, a step of
// reinforcement learning, the memory of a long micro-batch, and where our time goes.
//
//   npx tsx bench/train.ts [--python PYTHON] [--alone] [--quick] [--threads N] [--json]
//
// PYTHON needs transformers and TRL 1.13 (test/reference/requirements.txt, pip install trl==1.13.0);
// --alone measures ours only. Both sides compute in bfloat16; ours keeps float32 masters and moments,
// theirs updates bfloat16 weights, which is less work. Figures are medians; "ratio" says how many
// times faster ours is. Padding is not counted as tokens.

import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { packageFile } from '../src/base/package-root.ts'
import { table } from '../src/cli/table.ts'
import { setThreadCount } from '../src/tensor/device.ts'
import type { TrainingModel } from '../src/train/training-model.ts'
import { benchOptions, sharedFolder } from './engine/bench-options.ts'
import { matmulFloor } from './train/matmul-floor.ts'
import { openModel, policyStage, stepSeconds, trainSeconds } from './train/our-side.ts'
import { timesByOperator } from './train/times-by-operator.ts'
import { type BenchSequence, evenBatch, mixedBatch, questions } from './train/workload.ts'

interface Row {
  readonly what: string
  readonly unit: 'tokens/s' | 's' | 'GB'
  readonly ours: number
  /** Undefined with --alone, and where there is nobody to compare with. */
  readonly theirs: number | undefined
  readonly goal: string
}

const options = benchOptions({
  script: 'bench/train/python_side.py',
  modules: ['transformers', 'torch', 'trl'],
})
const { transformers, quick, threads } = options
const rounds = quick ? 1 : 3
/** Sequences of one padded batch on the other side. */
const theirBatch = 8
const rows: Row[] = []
const notes: string[] = []

setThreadCount(threads)
notes.push(String((await transformers?.ask({ do: 'threads', count: threads })) ?? 'ours alone'))
const folder = await sharedFolder(options)
try {
  using model = await openModel(folder)
  await transformers?.ask({ do: 'load', folder })
  const even = evenBatch(quick ? 2 : 8, quick ? 128 : 256)
  const seconds = await compareTraining(model, `${even.length} x ${even[0]?.tokens.length}`, even)
  explain(model, even, seconds)
  const mixed = mixedBatch().slice(0, quick ? 4 : undefined)
  await compareTraining(model, `${mixed.length} of real lengths`, mixed)
  await compareStep(model)
  peakMemory(quick ? 1024 : 16_384)
} finally {
  await transformers?.close()
  rmSync(dirname(folder), { recursive: true })
}
print()

async function compareTraining(
  model: TrainingModel,
  what: string,
  batch: readonly BenchSequence[],
): Promise<number> {
  const tokens = batch.reduce((sum, one) => sum + one.tokens.length, 0)
  const batches = Array.from({ length: Math.ceil(batch.length / theirBatch) }, (_, index) =>
    batch.slice(index * theirBatch, (index + 1) * theirBatch),
  )
  const request = { do: 'train', batches }
  if (!quick) {
    trainSeconds(model, batch)
    await transformers?.ask(request)
  }
  const ours = await median(() => trainSeconds(model, batch))
  const theirs = transformers && (await median(() => transformers.seconds(request)))
  add(
    `training, ${what}`,
    'tokens/s',
    { ours: tokens / ours, theirs: theirs && tokens / theirs },
    'ratio 3',
  )
  return ours
}

/** What the step's matrix products alone would take, and what our time is spent on. */
function explain(model: TrainingModel, batch: readonly BenchSequence[], seconds: number): void {
  const floor = matmulFloor(model.source.config, batch, quick ? 1 : 3)
  const share = (part: number) => `${Math.round((100 * part) / seconds)} %`
  notes.push(
    `the matrix products of the first row alone take ${floor.seconds.toFixed(2)} s ` +
      `(${Math.round(floor.gigaflops)} GFLOP/s), ${share(floor.seconds)} of its time; by operator:`,
    ...timesByOperator(() => trainSeconds(model, batch)),
  )
}

async function compareStep(model: TrainingModel): Promise<void> {
  const [group, count] = quick ? ([2, 8] as const) : ([8, 128] as const)
  const stage = policyStage(model, group, count)
  // The first step warms up.
  const steps = quick ? 1 : 1 + rounds
  const settled = <T>(all: readonly T[]) => all.slice(quick ? 0 : 1)
  const found: { readonly rollout: number; readonly update: number }[] = []
  for (let step = 1; step <= steps; step++) found.push(await stepSeconds(stage, step))
  const request = { do: 'grpo', folder, questions, group, count, steps }
  const their = transformers && ((await transformers.ask(request)) as readonly number[])
  const ours = middle(settled(found).map(({ rollout, update }) => rollout + update))
  const what = `RL step, ${group * questions.length} x ${count} new tokens`
  add(what, 's', { ours, theirs: their && middle(settled(their)) }, 'ratio 4')
  for (const part of ['rollout', 'update'] as const) {
    const time = middle(settled(found).map((one) => one[part]))
    add(`  its ${part}`, 's', { ours: time, theirs: undefined }, '')
  }
}

/** In a process of its own, so that nothing else counts. */
function peakMemory(packed: number): void {
  const child = packageFile('bench/train-memory.ts')
  const { stdout, status } = spawnSync(
    process.execPath,
    [...process.execArgv, child, folder, String(packed)],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] },
  )
  if (status !== 0) throw new Error(`bench/train-memory.ts ended with ${status}`)
  const { peakBytes } = JSON.parse(stdout) as { readonly peakBytes: number }
  const pair = { ours: peakBytes / 1e9, theirs: undefined }
  add(`peak memory, ${packed} packed tokens`, 'GB', pair, 'below 6')
}

type Pair = Pick<Row, 'ours' | 'theirs'>

function add(what: string, unit: Row['unit'], pair: Pair, goal: string): void {
  rows.push({ what, unit, ...pair, goal })
  process.stderr.write(`${what}: measured\n`)
}

async function median(measure: () => number | Promise<number>): Promise<number> {
  const found: number[] = []
  for (let round = 0; round < rounds; round++) found.push(await measure())
  return middle(found)
}

function middle(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

function print(): void {
  if (options.json) {
    console.log(JSON.stringify({ threads, quick, rows, notes }, null, 2))
    return
  }
  const text = (value: number | undefined) =>
    value === undefined ? '' : String(Number(value.toPrecision(3)))
  const cells = rows.map(({ what, unit, ours, theirs, goal }) => {
    const ratio = theirs && (unit === 'tokens/s' ? ours / theirs : theirs / ours)
    return [what, text(ours), text(theirs), unit, text(ratio), goal]
  })
  const head = [`bfloat16, ${threads} threads`, 'ours', 'theirs', '', 'ratio', 'goal']
  const align = ['left', 'right', 'right', 'left', 'right', 'left'] as const
  process.stdout.write(table(cells, { head, align }))
  console.log(notes.join('\n'))
}
