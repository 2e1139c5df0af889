// Our side of the benchmarks: the same measurements as transformers_side.py, in seconds.

import { RandomStream } from '../../src/base/random.ts'
import type { Engine } from '../../src/generate/engine.ts'
import { add } from '../../src/tensor/arithmetic.ts'
import { ones } from '../../src/tensor/creation.ts'
import { scope } from '../../src/tensor/scope.ts'
import type { Sampling } from '../../src/trajectory/policy.ts'

/** So many tokens, whatever they are. */
export function exactly(tokenLimit: number, seed: number): Sampling {
  const stops = { stopStrings: [], stopTokens: [] }
  return { temperature: 1, topP: 1, topK: 0, minP: 0, tokenLimit, seed, ...stops }
}

/** Prompts of ordinary tokens; another seed gives prompts that share nothing with these. */
export function randomPrompts(count: number, length: number, seed: number): number[][] {
  const stream = RandomStream.named(seed, 'bench')
  return Array.from({ length: count }, () =>
    Array.from({ length }, () => 100 + stream.integer(40_000)),
  )
}

/** One addition of single numbers. */
export function overheadSeconds(count: number): number {
  // As many as a layer of a decoder makes in its scope.
  const batch = 16
  return scope(() => {
    const [a, b] = [ones([1]), ones([1])]
    const some = (times: number) =>
      scope(() => {
        for (let i = 0; i < times; i++) add(a, b)
      })
    for (let warm = 0; warm < 50_000; warm += batch) some(batch)
    const begun = performance.now()
    for (let done = 0; done < count; done += batch) some(batch)
    return (performance.now() - begun) / 1000 / count
  })
}

/** Reads the prompts and draws one token after each. */
export async function prefillSeconds(engine: Engine, prompts: number[][]): Promise<number> {
  const begun = performance.now()
  await Promise.all(
    prompts.map(async (prompt, index) => {
      const session = engine.open()
      await session.complete(prompt, exactly(1, index))
      session.close()
    }),
  )
  return (performance.now() - begun) / 1000
}

/** From where the last sequence has its first token to the last token of all. */
export async function decodeSeconds(
  engine: Engine,
  prompts: number[][],
  count: number,
): Promise<{ readonly seconds: number; readonly tokens: number }> {
  let begun = 0
  let tokens = 0
  let waiting = prompts.length
  await Promise.all(
    prompts.map(async (prompt, index) => {
      const session = engine.open()
      let isFirst = true
      await session.complete(prompt, exactly(count, index), undefined, () => {
        if (waiting === 0) tokens++
        if (!isFirst) return
        isFirst = false
        if (--waiting === 0) begun = performance.now()
      })
      session.close()
    }),
  )
  return { seconds: (performance.now() - begun) / 1000, tokens }
}

export interface Turns {
  readonly turns: number
  /** Tokens that each turn writes. */
  readonly count: number
  readonly toolSeconds: number
  readonly output: readonly number[]
}

export interface TurnTimes {
  readonly seconds: number
  /** Of all threads together. */
  readonly processorSeconds: number
}

/** Trajectories that write, wait for a tool, read its output and go on, each at its own pace. */
export async function turnSeconds(
  engine: Engine,
  prompts: readonly number[][],
  work: Turns,
): Promise<TurnTimes> {
  const processor = process.cpuUsage()
  const begun = performance.now()
  await Promise.all(
    prompts.map(async (prompt, index) => {
      const session = engine.open()
      let added: readonly number[] = prompt
      for (let turn = 0; turn < work.turns; turn++) {
        await session.complete(added, exactly(work.count, index * work.turns + turn))
        if (turn + 1 === work.turns) break
        await new Promise((resolve) => setTimeout(resolve, work.toolSeconds * 1000))
        added = work.output
      }
      session.close()
    }),
  )
  const { user, system } = process.cpuUsage(processor)
  return {
    seconds: (performance.now() - begun) / 1000,
    processorSeconds: (user + system) / 1e6,
  }
}
