// Puts a cold start together from the flags, runs it, writes its files.

import { setMaxListeners } from 'node:events'
import { availableParallelism } from 'node:os'
import type { Check } from '../../cold-start/checks.ts'
import { standardChecks } from '../../cold-start/checks.ts'
import type { ColdStartOptions, DemonstrationWriter } from '../../cold-start/cold-start.ts'
import { coldStart } from '../../cold-start/cold-start.ts'
import { Contamination } from '../../cold-start/contamination.ts'
import { readPassRates } from '../../cold-start/pass-rates.ts'
import { ReportTally } from '../../cold-start/report.ts'
import { CostLimitReached, type Teacher } from '../../cold-start/teacher.ts'
import { writeByRule } from '../../cold-start/write-by-rule.ts'
import { writeByTeacher } from '../../cold-start/write-by-teacher.ts'
import { BadRows } from '../../data/bad-rows.ts'
import type { ProblemSource } from '../../data/problem-source.ts'
import { readProblems } from '../../data/problem-stream.ts'
import type { Judge } from '../../reward/judge.ts'
import { answerJudge } from '../../reward/judge.ts'
import { openGrader } from '../../reward/open-grader.ts'
import { createSandbox } from '../../sandbox/create-sandbox.ts'
import { interpreter } from '../../tool/interpreter.ts'
import { reToolProtocol } from '../../tool/retool-protocol.ts'
import type { Tool } from '../../tool/tool.ts'
import { Interrupt } from '../interrupt.ts'
import { describeMapping, openSourceOf } from '../problem-source.ts'
import { createProgress } from '../progress.ts'
import { DemonstrationFiles } from './demonstration-files.ts'
import type { ColdStartFlags } from './flags.ts'
import { openTeacher } from './open-teacher.ts'
import { renderReport } from './render-report.ts'

/** The action of `retool-rl cold-start`. */
export async function runColdStart(spec: string, flags: ColdStartFlags): Promise<void> {
  const began = performance.now()
  using interrupt = new Interrupt('ending; Ctrl-C again ends at once')
  // Every program in flight listens.
  setMaxListeners(0, interrupt.signal)
  await using opened = await openSourceOf(spec, flags, (file, mapping) =>
    process.stderr.write(`${describeMapping(file, mapping)}\n`),
  )
  const filters = await filtersOf(flags)
  await using asked = await openTeacher(flags)
  const teacher = asked?.teacher ?? null
  using files = new DemonstrationFiles(flags)
  const sandbox = await createSandbox()
  const grader = openGrader(Math.min(4, availableParallelism()))
  const tally = new ReportTally()
  const badRows = new BadRows('skip')
  try {
    const tool = interpreter(sandbox, { seed: flags.seed })
    const options: ColdStartOptions = {
      ...filters,
      write: writerOf(flags, tool, teacher),
      checks: checksOf(tool, answerJudge({ grader, seconds: 10 })),
      seed: flags.seed,
      concurrency: flags.concurrency,
    }
    const total = flags.limit ?? (await countProblems(opened.source))
    using progress = createProgress({ title: 'cold start', total })
    const problems = readProblems(opened.source, badRows)
    const kept = coldStart(problems, options, tally, interrupt.signal)
    const notice = await untilLimit(kept, (demonstration, count) => {
      files.add(demonstration, tool)
      progress.update(flags.limit === undefined ? tally.seen : count)
    })
    progress.finish()
    if (notice) process.stderr.write(`${notice}; run again with a higher limit to go on\n`)
    const seconds = Math.round(performance.now() - began) / 1_000
    const report = { ...tally.report(teacher?.cost ?? null, seconds), badRows: badRows.summary() }
    files.finish(report)
    process.stdout.write(flags.json ? `${JSON.stringify(report, null, 2)}\n` : renderReport(report))
    if (report.kept === 0) process.exitCode = 1
  } catch (error) {
    if (!interrupt.signal.aborted) throw error
    const kept = teacher ? "; the teacher's replies are kept and not asked for again" : ''
    process.stderr.write(`stopped, nothing was written; the same command begins anew${kept}\n`)
    process.exitCode = 1
  } finally {
    await Promise.all([sandbox.close(), grader.close()])
  }
}

function checksOf(tool: Tool, judge: Judge): readonly Check[] {
  const bounds = { longest: 12_000, mostTurns: 8 }
  return standardChecks({ protocol: reToolProtocol, interpreter: tool, judge, ...bounds })
}

async function countProblems(source: ProblemSource): Promise<number> {
  let count = 0
  for await (const _ of readProblems(source, new BadRows('skip'))) count++
  return count
}

/** Takes all; what a cost limit left is kept, and said. */
async function untilLimit<T>(
  values: AsyncIterable<T>,
  take: (value: T, count: number) => void,
): Promise<string | null> {
  let count = 0
  try {
    for await (const value of values) take(value, ++count)
    return null
  } catch (error) {
    if (error instanceof CostLimitReached) return error.message
    throw error
  }
}

function writerOf(flags: ColdStartFlags, tool: Tool, teacher: Teacher | null): DemonstrationWriter {
  if (teacher) {
    const writing = { teacher, interpreter: tool, keptErrors: flags.corrections }
    return (problem, stream, signal) => writeByTeacher(problem, stream, writing, signal)
  }
  const withoutCode = flags.tools ? flags.withoutCode : 1
  const writing = { interpreter: tool, withoutCode, corrections: flags.corrections }
  return (problem, stream, signal) => writeByRule(problem, stream, writing, signal)
}

async function filtersOf(
  flags: ColdStartFlags,
): Promise<
  Pick<ColdStartOptions, 'similarity' | 'contamination' | 'difficulty' | 'balance' | 'limit'>
> {
  const { limit, perSource, perLength, perDifficulty, lowest, highest } = flags
  const passRates = flags.passRates ? await readPassRates(flags.passRates) : undefined
  return {
    similarity: flags.similarity === 1 ? null : flags.similarity,
    balance: {
      ...(perSource !== undefined && { perSource }),
      ...(perLength !== undefined && { perLength }),
      ...(perDifficulty !== undefined && { perDifficulty }),
    },
    ...(limit !== undefined && { limit }),
    ...(passRates && { difficulty: { passRates, lowest, highest } }),
    ...(flags.against.length > 0 && { contamination: await contaminationOf(flags.against) }),
  }
}

/** Evaluation sets are read with guessed columns; their bad rows do not matter here. */
async function contaminationOf(specs: readonly string[]): Promise<Contamination> {
  const contamination = new Contamination()
  for (const spec of specs) {
    await using opened = await openSourceOf(spec, {}, () => {})
    const problems = []
    for await (const problem of readProblems(opened.source, new BadRows('skip'))) {
      problems.push(problem)
    }
    contamination.addSet(spec, problems)
  }
  return contamination
}
