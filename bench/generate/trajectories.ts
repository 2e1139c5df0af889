// Trajectories that call tools, ours and as people first write it with transformers: a loop in which
// all write a turn, all wait for their tools, and all are read again from the beginning.

import type { Engine } from '../../src/generate/engine.ts'
import { randomPrompts, type Turns, type TurnTimes, turnSeconds } from '../engine/our-side.ts'
import type { TransformersSide } from '../engine/transformers-side.ts'

interface LoopTurn extends TurnTimes {
  /** Without the tokens that were not written. */
  readonly measuredSeconds: number
  readonly written: number[][]
}

export interface LoopTimes extends TurnTimes {
  readonly measuredSeconds: number
}

/** Our engine reads two tokens first, so that its packed weights are there. */
export async function ourTrajectories(
  engine: Engine,
  prompts: readonly number[][],
  work: Turns,
): Promise<TurnTimes> {
  await turnSeconds(engine, randomPrompts(1, 2, 0), { ...work, turns: 1, count: 1 })
  return turnSeconds(engine, prompts, work)
}

/**
 * The same work by transformers, all trajectories in one batch. Reading is measured whole; of the
 * tokens of a turn the first `measured` are, and the others taken to last as long.
 */
export async function loopTrajectories(
  transformers: TransformersSide,
  prompts: readonly number[][],
  { turns, measured, ...work }: Turns & { readonly measured: number },
  progress: (what: string) => void,
): Promise<LoopTimes> {
  const contexts = prompts.map((prompt) => [...prompt])
  const sum = { seconds: 0, measuredSeconds: 0, processorSeconds: 0 }
  for (let turn = 0; turn < turns; turn++) {
    progress(`trajectories, transformers, turn ${turn + 1} of ${turns}`)
    const payload = { do: 'turn', contexts, measured, ...work, waits: turn + 1 < turns }
    const found = (await transformers.ask(payload)) as LoopTurn
    sum.seconds += found.seconds
    sum.measuredSeconds += found.measuredSeconds
    sum.processorSeconds += found.processorSeconds
    const unwritten = randomPrompts(contexts.length, work.count - measured, turn)
    contexts.forEach((context, index) => {
      context.push(...(found.written[index] ?? []), ...(unwritten[index] ?? []), ...work.output)
    })
  }
  return sum
}
