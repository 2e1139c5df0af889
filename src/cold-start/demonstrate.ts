// Demonstrations of generated problems, by rule: written, run, compared with the reference.

import { RandomStream } from '../base/random.ts'
import type { Problem } from '../data/problem.ts'
import type { Tool } from '../tool/tool.ts'
import { withCorrection } from './correction.ts'
import type { Demonstration } from './demonstration.ts'
import type { ScriptRun } from './run-script.ts'
import { runScript } from './run-script.ts'
import type { Written } from './script.ts'
import { writeFamily } from './write-family.ts'
import { writeText } from './write-text.ts'

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
  for (let start = 0; start < problems.length; start += programsAtOnce) {
    signal.throwIfAborted()
    const runs = await Promise.all(
      problems.slice(start, start + programsAtOnce).map(async (problem) => ({
        problem,
        run: await demonstrateOne(problem, settings, interpreter, signal),
      })),
    )
    for (const { problem, run } of runs) {
      if (run.kind === 'demonstration') kept.push(run.demonstration)
      else dropped.push({ problemId: problem.id, reason: run.reason, detail: run.detail })
    }
  }
  return { kept, dropped }
}

async function demonstrateOne(
  problem: Problem,
  settings: DemonstrationSettings,
  interpreter: Tool,
  signal: AbortSignal,
): Promise<ScriptRun> {
  const stream = RandomStream.named(settings.seed, `demonstration/${problem.id}`)
  const byText = stream.uniform() < settings.withoutCode
  const corrected = stream.uniform() < settings.corrections
  const written: Written = byText ? writeText(problem, stream) : writeFamily(problem, stream)
  if (written.kind === 'refused') return { kind: 'dropped', reason: written.reason, detail: '' }
  const script = corrected ? withCorrection(written.script, stream) : written.script
  const writer = byText ? 'text' : 'family'
  const run = await runScript(script, { problem, writer }, interpreter, signal)
  if (run.kind === 'dropped' || run.demonstration.closing.answer === problem.answer) return run
  const detail = `${run.demonstration.closing.answer}, expected ${problem.answer}`
  return { kind: 'dropped', reason: 'the answer is not the reference', detail }
}
