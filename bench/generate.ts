// Rollouts against the loop that people write first, side by side in one run: decoding, trajectories
// that wait for tools, memory of the cache, the cost of a turn by the length of its history, and
// where the time goes. All of it takes four to five minutes on two quiet cores.
//
//   npx tsx bench/generate.ts [SECTION ...] [--python PYTHON] [--alone] [--quick] [--threads N] [--json]
//
// Sections: decoding, trajectories, memory, history, operators. Rates of decoding are medians of
// three rounds.

import { rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { bytesPerToken } from '../src/generate/cache.ts'
import { makeEngine } from '../src/policy/make-engine.ts'
import { type OpenModel, openModel } from '../src/policy/open-model.ts'
import { setThreadCount } from '../src/tensor/device.ts'
import { liveTensors } from '../src/tensor/memory.ts'
import { timeOperators } from '../src/tensor/operator-times.ts'
import { benchOptions, sharedFolder } from './engine/bench-options.ts'
import { decodeSeconds, exactly, randomPrompts, type TurnTimes } from './engine/our-side.ts'
import { BenchReport, round } from './generate/report.ts'
import { loopTrajectories, ourTrajectories } from './generate/trajectories.ts'

const sections = { decoding, trajectories, memory, history, operators }
const options = benchOptions(undefined, Object.keys(sections))
const { transformers, dtype, quick, threads } = options
const report = new BenchReport()

report.progress('loading')
setThreadCount(threads)
await transformers?.ask({ do: 'threads', count: threads })
const folder = await sharedFolder(options)
try {
  using model = await openModel(folder, { dtype })
  await transformers?.ask({ do: 'load', folder, dtype })
  for (const [name, measure] of Object.entries(sections)) {
    if (options.sections.includes(name)) await measure(model)
  }
} finally {
  await transformers?.close()
  rmSync(dirname(folder), { recursive: true })
}
report.progress('done')
if (options.json) {
  console.log(JSON.stringify({ dtype, threads, quick, sections: report.sections }, null, 2))
} else {
  report.print()
}

async function decoding(model: OpenModel): Promise<void> {
  await decodingOf(model, { batch: 1, count: 48, goal: 2 })
  await decodingOf(model, { batch: 32, count: 32, goal: 4 })
  await decodingOf(model, { batch: 128, count: 24, goal: 4 })
}

/** Tokens after prompts of 32, once every sequence has its first. */
async function decodingOf(
  { decoder, tokenizer }: OpenModel,
  { batch, count, goal }: { readonly batch: number; readonly count: number; readonly goal: number },
): Promise<void> {
  const length = quick ? 4 : count
  const ours: number[] = []
  const theirs: number[] = []
  using engine = makeEngine(decoder, tokenizer, { cacheTokens: 32_768 })
  await decodeSeconds(engine, randomPrompts(batch, 32, 0), 4)
  for (let turn = 1; turn <= (quick ? 1 : 3); turn++) {
    const prompts = randomPrompts(batch, 32, turn)
    report.progress(`decoding, batch ${batch}, ${length} tokens each, round ${turn}`)
    const { seconds, tokens } = await decodeSeconds(engine, prompts, length)
    ours.push(tokens / seconds)
    if (!transformers) continue
    const payload = { do: 'decode', prompts, count: length }
    theirs.push((batch * (length - 1)) / (await transformers.seconds(payload)))
  }
  const compared = transformers && {
    transformers: round(median(theirs)),
    ratio: round(median(ours) / median(theirs)),
  }
  report.row(`decode, ${dtype}, tokens/s`, {
    ...{ batch, 'tokens each': length, ours: round(median(ours)) },
    ...compared,
    goal,
  })
}

/** 600 tokens each: 100 of prompt, four turns of 110, three outputs of 20. */
async function trajectories({ decoder, tokenizer }: OpenModel): Promise<void> {
  const many = quick ? 4 : 64
  const [output = []] = randomPrompts(1, 20, 3)
  const work = { turns: 4, count: quick ? 4 : 110, toolSeconds: 0.2, output }
  const measured = quick ? 2 : 36
  const prompts = randomPrompts(many, 100, 4)
  const title = `${many} trajectories with 3 calls each, 0.2 s tools, 600 tokens`
  const tokens = many * work.turns * work.count
  const described = ({ seconds, processorSeconds }: TurnTimes, measuredSeconds = seconds) => ({
    seconds: round(seconds),
    'tokens/s': round(tokens / seconds),
    'cores busy, %': round((processorSeconds / measuredSeconds / threads) * 100),
  })
  using engine = makeEngine(decoder, tokenizer, { cacheTokens: 65_536 })
  report.progress(`trajectories, ours, ${many} at once`)
  const ours = await ourTrajectories(engine, prompts, work)
  report.row(title, {
    who: 'ours',
    ...described(ours),
    ratio: '',
    goal: '',
    'of it measured': 'all',
  })
  if (!transformers) return
  const loop = { ...work, measured }
  const theirs = await loopTrajectories(transformers, prompts, loop, (what) =>
    report.progress(what),
  )
  report.row(title, {
    who: 'transformers, read again',
    ...described(theirs, theirs.measuredSeconds),
    ratio: round(theirs.seconds / ours.seconds),
    goal: 4,
    'of it measured': `all reading, ${measured} of ${work.count} tokens written a turn`,
  })
}

async function memory({ decoder, tokenizer, config }: OpenModel): Promise<void> {
  const slots = 16_384
  report.progress('memory of the cache')
  const before = liveTensors().bytes
  using engine = makeEngine(decoder, tokenizer, { cacheTokens: slots })
  const held = liveTensors().bytes - before
  const computed = slots * bytesPerToken(config, dtype)
  report.row('memory of the cache', {
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
  using engine = makeEngine(decoder, tokenizer, { cacheTokens: 16_384 })
  await decodeSeconds(engine, randomPrompts(1, 32, 0), 4)
  for (const length of quick ? [200, 500] : [200, 500, 1000, 2000, 4000]) {
    report.progress(`a turn after ${length} tokens`)
    const session = engine.open()
    const [prompt = []] = randomPrompts(1, length, length)
    const [output = []] = randomPrompts(1, 32, length + 1)
    const readBegun = performance.now()
    await session.complete(prompt, exactly(1, 0))
    const readMilliseconds = performance.now() - readBegun
    const computedBefore = engine.counts.computed
    const begun = performance.now()
    await session.complete(output, exactly(32, 1))
    const milliseconds = performance.now() - begun
    report.row('a turn of 32 + 32 tokens by the history before it', {
      history: length,
      'tokens through the model': engine.counts.computed - computedBefore,
      milliseconds: round(milliseconds),
      'milliseconds to read the history': round(readMilliseconds),
    })
    session.close()
  }
}

async function operators(model: OpenModel): Promise<void> {
  for (const batch of quick ? [8] : [1, 32, 128]) await operatorsOf(model, batch)
}

async function operatorsOf({ decoder, tokenizer }: OpenModel, batch: number): Promise<void> {
  report.progress(`where the time goes, batch ${batch}`)
  using engine = makeEngine(decoder, tokenizer, { cacheTokens: 32_768 })
  await decodeSeconds(engine, randomPrompts(batch, 32, 8), 2)
  const begun = performance.now()
  const stop = timeOperators()
  const { tokens } = await decodeSeconds(engine, randomPrompts(batch, 32, 9), quick ? 4 : 32)
  const found = stop()
  const wall = (performance.now() - begun) / 1000
  const inside = found.reduce((total, { seconds }) => total + seconds, 0)
  const rest = { name: '(outside of operators)', calls: 0, seconds: wall - inside }
  const dearest = [...found.slice(0, 10), rest].sort((a, b) => b.seconds - a.seconds)
  for (const { name, calls, seconds } of dearest) {
    report.row(`where the time goes, batch ${batch}, ${tokens} tokens and their prompts`, {
      operator: name,
      calls,
      milliseconds: round(seconds * 1000),
      'share, %': round((seconds / wall) * 100),
    })
  }
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
