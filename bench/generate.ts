// Rollouts against the loop that people write first, side by side in one run: decoding, trajectories
// that wait for tools, memory of the cache, the cost of a turn by the length of its history, and
// where the time goes.
//
//   npx tsx bench/generate.ts [--python PYTHON] [--alone] [--quick] [--threads N] [--json]

import { rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { table } from '../src/cli/table.ts'
import { bytesPerToken } from '../src/generate/cache.ts'
import { makeEngine } from '../src/policy/make-engine.ts'
import { type OpenModel, openModel } from '../src/policy/open-model.ts'
import { setThreadCount } from '../src/tensor/device.ts'
import { liveTensors } from '../src/tensor/memory.ts'
import { benchOptions, sharedFolder } from './engine/bench-options.ts'
import {
  decodeSeconds,
  exactly,
  randomPrompts,
  type Turns,
  turnSeconds,
} from './engine/our-side.ts'
import { installProfile, profile } from './engine/profile.ts'
import type { TurnTimes } from './engine/transformers-side.ts'

const options = benchOptions()
const { transformers, dtype, quick, threads } = options
const sections: { readonly title: string; readonly rows: Record<string, string | number>[] }[] = []

installProfile()
setThreadCount(threads)
await transformers?.ask({ do: 'threads', count: threads })
const folder = await sharedFolder(options)
try {
  using model = await openModel(folder, { dtype })
  await transformers?.ask({ do: 'load', folder, dtype })
  for (const batch of [1, 32, 128]) await decoding(model, batch)
  await trajectories(model)
  memory(model)
  await history(model)
  await operators(model)
} finally {
  await transformers?.close()
  rmSync(dirname(folder), { recursive: true })
}
if (options.json) console.log(JSON.stringify({ dtype, threads, quick, sections }, null, 2))
else for (const { title, rows } of sections) printSection(title, rows)

async function decoding({ decoder, tokenizer }: OpenModel, batch: number): Promise<void> {
  const count = quick ? 4 : 128
  using engine = makeEngine(decoder, tokenizer, { cacheTokens: 32_768 })
  await decodeSeconds(engine, randomPrompts(batch, 32, 1), 4)
  const { seconds, tokens } = await decodeSeconds(engine, randomPrompts(batch, 32, 2), count)
  const ours = tokens / seconds
  const payload = { do: 'decode', prompts: randomPrompts(batch, 32, 2), count }
  const theirs = transformers && (batch * (count - 1)) / (await transformers.seconds(payload))
  row(`decode, ${dtype}, tokens/s`, {
    batch,
    ours: round(ours),
    ...(theirs !== undefined && { transformers: round(theirs), ratio: round(ours / theirs) }),
    goal: batch === 1 ? 2 : 4,
  })
}

/** 600 tokens each: 100 of prompt, four turns of 110, three outputs of 20. */
async function trajectories({ decoder, tokenizer }: OpenModel): Promise<void> {
  const many = quick ? 4 : 64
  const [output = []] = randomPrompts(1, 20, 3)
  const work: Turns = { turns: 4, count: quick ? 4 : 110, toolSeconds: 0.2, output }
  const prompts = randomPrompts(many, 100, 4)
  using engine = makeEngine(decoder, tokenizer, { cacheTokens: 65_536 })
  const ours = await turnSeconds(engine, prompts, work)
  const theirs = (await transformers?.ask({ do: 'turns', prompts, ...work })) as
    | TurnTimes
    | undefined
  const tokens = many * work.turns * work.count
  const described = ({ seconds, processorSeconds }: TurnTimes) => ({
    seconds: round(seconds),
    'tokens/s': round(tokens / seconds),
    'cores busy, %': round((processorSeconds / seconds / threads) * 100),
  })
  const title = `${many} trajectories with 3 calls each, 0.2 s tools, 600 tokens`
  row(title, { who: 'ours', ...described(ours), ratio: '', goal: '' })
  if (!theirs) return
  const ratio = round(theirs.seconds / ours.seconds)
  row(title, { who: 'transformers, read again', ...described(theirs), ratio, goal: 4 })
}

function memory({ decoder, tokenizer, config }: OpenModel): void {
  const slots = 16_384
  const before = liveTensors().bytes
  using engine = makeEngine(decoder, tokenizer, { cacheTokens: slots })
  const held = liveTensors().bytes - before
  const computed = slots * bytesPerToken(config, dtype)
  row('memory of the cache', {
    tokens: slots,
    'from the shapes, MB': round(computed / 1e6),
    'held, MB': round(held / 1e6),
    'the engine says, MB': round(engine.cacheBytes / 1e6),
    'difference, %': round((held / computed - 1) * 100),
    goal: 5,
  })
}

/** A turn of 32 read and 32 written tokens after ever longer histories. */
async function history({ decoder, tokenizer }: OpenModel): Promise<void> {
  for (const length of quick ? [200, 500] : [200, 500, 1000, 2000, 4000]) {
    using engine = makeEngine(decoder, tokenizer, { cacheTokens: 8192 })
    const session = engine.open()
    const [prompt = []] = randomPrompts(1, length, length)
    const [output = []] = randomPrompts(1, 32, length + 1)
    await session.complete(prompt, exactly(1, 0))
    const readBefore = engine.counts.computed
    const begun = performance.now()
    await session.complete(output, exactly(32, 1))
    const milliseconds = performance.now() - begun
    row('a turn of 32 + 32 tokens by the history before it', {
      history: length,
      'tokens through the model': engine.counts.computed - readBefore,
      milliseconds: round(milliseconds),
    })
  }
}

async function operators({ decoder, tokenizer }: OpenModel): Promise<void> {
  const batch = quick ? 8 : 128
  using engine = makeEngine(decoder, tokenizer, { cacheTokens: 32_768 })
  const begun = performance.now()
  const found = await profile(() =>
    decodeSeconds(engine, randomPrompts(batch, 32, 9), quick ? 4 : 64),
  )
  const wall = (performance.now() - begun) / 1000
  const inside = found.reduce((total, { seconds }) => total + seconds, 0)
  const rest = { name: '(outside of operators)', calls: 0, seconds: wall - inside }
  for (const { name, calls, seconds } of [...found.slice(0, 12), rest]) {
    row(`where the time goes, batch ${batch}, prompts included`, {
      operator: name,
      calls,
      milliseconds: round(seconds * 1000),
      'share, %': round((seconds / wall) * 100),
    })
  }
}

function row(title: string, cells: Record<string, string | number>): void {
  const section = sections.find((each) => each.title === title)
  if (section) section.rows.push(cells)
  else {
    sections.push({ title, rows: [cells] })
    process.stderr.write(`${title}: measuring\n`)
  }
}

function round(value: number): number {
  return Number(value.toPrecision(3))
}

function printSection(title: string, rows: readonly Record<string, string | number>[]): void {
  const head = Object.keys(rows[0] ?? {})
  console.log(`\n${title}`)
  const cells = rows.map((each) => head.map((key) => String(each[key] ?? '')))
  const isNumber = (key: string) => rows.every((each) => typeof each[key] !== 'string')
  process.stdout.write(
    table(cells, { head, align: head.map((key) => (isNumber(key) ? 'right' : 'left')) }),
  )
}
