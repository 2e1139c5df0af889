// 256 healthy programs alone, then among 256 hostile ones that were sent in turn with them.

import { hostile } from './hostile.ts'
import { type Load, type Measured, measure } from './measure.ts'
import type { Target } from './target.ts'

const count = 256
const hostileSeconds = 1

interface Mixed {
  readonly calm: Measured
  readonly among: Measured
}

/** Of several rounds the one with the median of what the hostile ones cost. */
export async function mixedLoad(
  target: Target,
  program: Load['program'],
  rounds: number,
): Promise<Mixed> {
  const found: Mixed[] = []
  for (let round = 0; round < rounds; round++) found.push(await mixedRound(target, program))
  const cost = ({ calm, among }: Mixed) => among.p99 / calm.p99
  const median = found.toSorted((a, b) => cost(a) - cost(b))[Math.floor(rounds / 2)]
  if (!median) throw new RangeError('a mixed load of no rounds')
  const withAllMistakes = (part: (round: Mixed) => Measured): Measured => {
    const parts = found.map(part)
    const wrong = parts.reduce((total, { wrong }) => total + wrong, 0)
    const unanswered = parts.reduce((total, { unanswered }) => total + unanswered, 0)
    return { ...part(median), wrong, unanswered }
  }
  return {
    calm: withAllMistakes(({ calm }) => calm),
    among: withAllMistakes(({ among }) => among),
  }
}

async function mixedRound(target: Target, program: Load['program']): Promise<Mixed> {
  const healthy = { program, concurrency: count, seconds: 600, most: count }
  const calm = await measure(target, healthy)
  const running: Promise<unknown>[] = []
  const among = await measure(target, {
    ...healthy,
    program: (number) => {
      const code = hostile[number % hostile.length] ?? ''
      running.push(target.run(code, hostileSeconds).catch(() => ''))
      return program(number)
    },
  })
  await Promise.all(running)
  return { calm, among }
}
