// The engine against transformers, side by side in one run: the overhead of a small operator,
// reading prompts, writing tokens, and loading the model.
//
//   npx tsx bench/engine.ts [--python PYTHON] [--alone] [--quick] [--threads N] [--json]
//
// PYTHON needs transformers (test/reference/requirements.txt); --alone measures ours only. Figures
// are medians; "ratio" says how many times faster ours is.

import { rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { table } from '../src/cli/table.ts'
import { type OpenPolicy, openPolicy } from '../src/policy/open-policy.ts'
import { setThreadCount } from '../src/tensor/device.ts'
import { benchOptions, sharedFolder } from './engine/bench-options.ts'
import { decodeSeconds, overheadSeconds, prefillSeconds, randomPrompts } from './engine/our-side.ts'

interface Row {
  readonly what: string
  readonly unit: string
  readonly ours: number
  /** Undefined with --alone. */
  readonly theirs: number | undefined
  readonly lessIsBetter: boolean
}

const options = benchOptions()
const { transformers, dtype, quick, threads } = options
const rounds = quick ? 1 : 5
const rows: Row[] = []

setThreadCount(threads)
const versions = await transformers?.ask({ do: 'threads', count: threads })
const folder = await sharedFolder(options)
try {
  await compareOverhead()
  using policy = await compareLoading()
  await comparePrefill(policy, 1, 512)
  await comparePrefill(policy, 16, 128)
  for (const batch of [1, 32, 128]) await compareDecode(policy, batch)
} finally {
  await transformers?.close()
  rmSync(dirname(folder), { recursive: true })
}
print()

async function compareOverhead(): Promise<void> {
  const count = quick ? 2_000 : 200_000
  const ours = await median(() => overheadSeconds(count))
  const theirs = await theirMedian(() => ({ do: 'overhead', count }))
  add('one small operator', 'us', { ours: ours * 1e6, theirs: theirs && theirs * 1e6 }, true)
}

async function compareLoading(): Promise<OpenPolicy> {
  const open = () => openPolicy(folder, { dtype, cacheTokens: 16_384, prefillTokens: 2048 })
  const ours = await median(async () => {
    const begun = performance.now()
    using _ = await open()
    return (performance.now() - begun) / 1000
  })
  const theirs = await theirMedian(() => ({ do: 'load', folder, dtype }))
  add('load the model and its tokenizer', 's', { ours, theirs }, true)
  return open()
}

async function comparePrefill({ engine }: OpenPolicy, batch: number, length: number) {
  let seed = batch * 1000
  const prompts = () => randomPrompts(batch, length, seed++)
  await prefillSeconds(engine, prompts())
  const ours = await median(() => prefillSeconds(engine, prompts()))
  if (!quick) await transformers?.ask({ do: 'prefill', prompts: prompts() })
  const theirs = await theirMedian(() => ({ do: 'prefill', prompts: prompts() }))
  addRate(`prefill ${batch} x ${length}`, batch * length, { ours, theirs })
}

async function compareDecode({ engine }: OpenPolicy, batch: number): Promise<void> {
  const count = quick ? 4 : 64
  let seed = batch
  const prompts = () => randomPrompts(batch, 32, seed++)
  const tokens = batch * (count - 1)
  const ours = await median(async () => {
    const measured = await decodeSeconds(engine, prompts(), count)
    return (measured.seconds / measured.tokens) * tokens
  })
  const theirs = await theirMedian(() => ({ do: 'decode', prompts: prompts(), count }))
  addRate(`decode, batch ${batch}`, tokens, { ours, theirs })
}

type Pair = Pick<Row, 'ours' | 'theirs'>

function addRate(what: string, tokens: number, { ours, theirs }: Pair): void {
  add(what, 'tokens/s', { ours: tokens / ours, theirs: theirs && tokens / theirs }, false)
}

function add(what: string, unit: string, pair: Pair, lessIsBetter: boolean): void {
  rows.push({ what, unit, ...pair, lessIsBetter })
  process.stderr.write(`${what}: measured\n`)
}

async function theirMedian(payload: () => Record<string, unknown>): Promise<number | undefined> {
  return transformers && median(() => transformers.seconds(payload()))
}

async function median(measure: () => number | Promise<number>): Promise<number> {
  const found: number[] = []
  for (let round = 0; round < rounds; round++) found.push(await measure())
  return found.sort((a, b) => a - b)[Math.floor(rounds / 2)] ?? Number.NaN
}

function ratioOf({ ours, theirs, lessIsBetter }: Row): number {
  if (theirs === undefined) return Number.NaN
  return lessIsBetter ? theirs / ours : ours / theirs
}

function print(): void {
  if (options.json) {
    console.log(JSON.stringify({ dtype, threads, quick, versions, rows }, null, 2))
    return
  }
  const text = (value: number | undefined) =>
    value === undefined || Number.isNaN(value) ? '' : String(Number(value.toPrecision(3)))
  const cells = rows.map((row) => [
    row.what,
    text(row.ours),
    text(row.theirs),
    row.unit,
    text(ratioOf(row)),
  ])
  const head = [`${dtype}, ${threads} threads`, 'ours', 'transformers', '', 'ratio']
  process.stdout.write(table(cells, { head, align: ['left', 'right', 'right', 'left', 'right'] }))
  console.log(versions ?? 'without transformers')
}
