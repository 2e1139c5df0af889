// 256 healthy programs alone, then among 256 hostile ones that were sent in turn with them.

import { hostile } from './hostile.ts'
import { type Load, type Measured, measure } from './measure.ts'
import type { Target } from './target.ts'

const count = 256
const hostileSeconds = 1

export async function mixedLoad(
  target: Target,
  program: Load['program'],
): Promise<{ readonly calm: Measured; readonly among: Measured }> {
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
