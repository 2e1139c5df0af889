// Demonstrations of generated problems, by rule: written, run, compared with the reference. What the
// quickstart needs, without the checks and the report of a whole cold start.

import { mapInOrder } from '../base/map-in-order.ts'
import { RandomStream } from '../base/random.ts'
import type { Problem } from '../data/problem.ts'
import type { Tool } from '../tool/tool.ts'
import type { Demonstration } from './demonstration.ts'
import { writeByRule } from './write-by-rule.ts'

export interface DemonstrationSettings {
  readonly seed: number
  /** Share of demonstrations that answer by text alone. */
  readonly withoutCode: number
  /** Share of those with code that keep an error and its correction. */
  readonly corrections: number
}

export interface DroppedProblem {
  readonly problemId: string
  readonly reason: string
  readonly detail: string
}

export interface Demonstrations {
  readonly kept: readonly Demonstration[]
  readonly dropped: readonly DroppedProblem[]
}

/** How many programs run at once; the sandbox queues what is beyond its workers. */
const programsAtOnce = 8

/** One demonstration per problem where a rule knows how, in the order of the problems. */
export async function demonstrate(
  problems: readonly Problem[],
  settings: DemonstrationSettings,
  interpreter: Tool,
  signal: AbortSignal,
): Promise<Demonstrations> {
  const kept: Demonstration[] = []
  const dropped: DroppedProblem[] = []
  const runs = mapInOrder(problems, programsAtOnce, async (problem) => {
    const stream = RandomStream.named(settings.seed, `demonstration/${problem.id}`)
    return {
      problem,
      run: await writeByRule(problem, stream, { ...settings, interpreter }, signal),
    }
  })
  for await (const { problem, run } of runs) {
    if (run.kind === 'dropped') {
      dropped.push({ problemId: problem.id, reason: run.reason, detail: run.detail })
    } else if (run.demonstration.closing.answer !== problem.answer) {
      const detail = `${run.demonstration.closing.answer}, expected ${problem.answer}`
      dropped.push({ problemId: problem.id, reason: 'the answer is not the reference', detail })
    } else {
      kept.push(run.demonstration)
    }
  }
  return { kept, dropped }
}
