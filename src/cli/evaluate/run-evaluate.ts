// The action of `retool-rl evaluate`.

import { setMaxListeners } from 'node:events'
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { UserError } from '../../base/errors.ts'
import { RecordLog } from '../../base/record-log.ts'
import { writeJsonFile } from '../../checkpoint/atomic-file.ts'
import { BadRows } from '../../data/bad-rows.ts'
import type { Problem } from '../../data/problem.ts'
import { readProblems } from '../../data/problem-stream.ts'
import type { AttemptRecord } from '../../evaluate/attempt-record.ts'
import type { EvaluatedAttempt, EvaluateOptions } from '../../evaluate/evaluate.ts'
import { evaluate } from '../../evaluate/evaluate.ts'
import type { EvaluationReport } from '../../evaluate/evaluation-report.ts'
import { parseModelReference } from '../../pretrained/model-reference.ts'
import { answerJudge } from '../../reward/judge.ts'
import { openGrader } from '../../reward/open-grader.ts'
import { RunFolder } from '../../run/folder.ts'
import { createSandbox } from '../../sandbox/create-sandbox.ts'
import { interpreter } from '../../tool/interpreter.ts'
import { trajectoryRecords } from '../../train/trajectory-records.ts'
import { Interrupt } from '../interrupt.ts'
import { describeMapping, openSourceOf } from '../problem-source.ts'
import { createProgress } from '../progress.ts'
import { inRun } from '../train/recipe-run.ts'
import { type EvaluateConfig, evaluateConfig } from './evaluate-config.ts'
import type { EvaluateFlags } from './flags.ts'
import { openSubject, type Subject } from './open-subject.ts'
import { renderEvaluation } from './render-evaluation.ts'

export async function runEvaluate(
  model: string,
  source: string,
  flags: EvaluateFlags,
): Promise<void> {
  const config = evaluateConfig(model, source, flags)
  // A name that is none must not leave a run behind.
  if (config.server === null) parseModelReference(model)
  using interrupt = new Interrupt('ending; finished attempts are kept, --resume goes on')
  const { signal } = interrupt
  setMaxListeners(0, signal)
  const problems = await loadProblems(source, flags)
  using run = openRun(config, flags)
  const goOn = `the same command with --run ${run.path} --resume`
  const report = await inRun(run, { signal, goOn }, () =>
    attemptAll({ config, problems, run, flags, signal }),
  )
  if (report) {
    process.stdout.write(
      flags.json ? `${JSON.stringify(report, null, 2)}\n` : renderEvaluation(report),
    )
    process.stderr.write(`look at the attempts: npx retool-rl view ${run.path}\n`)
  }
}

interface Evaluation {
  readonly config: EvaluateConfig
  readonly problems: readonly Problem[]
  readonly run: RunFolder
  readonly flags: EvaluateFlags
  readonly signal: AbortSignal
}

/** Opens what is needed, makes the attempts that are missing, and keeps the report. */
async function attemptAll(evaluation: Evaluation): Promise<EvaluationReport> {
  const { config, run, signal } = evaluation
  const sandbox = config.tools ? await createSandbox() : null
  const grader = openGrader(Math.min(4, availableParallelism()))
  try {
    const tools = sandbox ? [interpreter(sandbox, { seed: config.seed })] : []
    await using subject = await openSubject(config, tools)
    const judge = answerJudge({ grader, seconds: 10 })
    const report = await evaluate({ ...(await optionsOf(evaluation, subject)), judge, signal })
    run.recordEvaluation(0, 'evaluate', report)
    writeJsonFile(join(run.path, 'report.json'), report)
    return report
  } finally {
    await Promise.all([sandbox?.close(), grader.close()])
  }
}

async function loadProblems(spec: string, flags: EvaluateFlags): Promise<readonly Problem[]> {
  await using opened = await openSourceOf(spec, flags, (file, mapping) =>
    process.stderr.write(`${describeMapping(file, mapping)}\n`),
  )
  const badRows = new BadRows('skip')
  const problems: Problem[] = []
  for await (const problem of readProblems(opened.source, badRows)) {
    problems.push(problem)
    if (problems.length === flags.limit) break
  }
  for (const { reason, count, examples } of badRows.summary()) {
    process.stderr.write(`${count} rows left out: ${reason} (${examples[0]})\n`)
  }
  if (problems.length === 0) throw new UserError(`${spec}: no problems to evaluate on`)
  return problems
}

function openRun(config: EvaluateConfig, flags: EvaluateFlags): RunFolder {
  const time = new Date().toISOString().replace(/[:.]/g, '-').slice(0, 19)
  const path = flags.run ?? join('runs', `evaluate-${time}`)
  if (!flags.resume) {
    return RunFolder.create(path, { command: 'evaluate', config, totalSteps: null })
  }
  if (flags.run === undefined) throw new UserError('--resume needs --run FOLDER', 2)
  const before = readConfig(path)
  for (const [key, value] of Object.entries(config)) {
    if (JSON.stringify(before[key]) === JSON.stringify(value)) continue
    throw new UserError(
      `${path}: it was begun with ${key} ${JSON.stringify(before[key])}, not ${JSON.stringify(value)}; give the same, or begin a new run`,
    )
  }
  return RunFolder.resume(path, 0)
}

function readConfig(path: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(readFileSync(join(path, 'config.json'), 'utf8'))
  } catch {
    throw new UserError(`${path}: no run folder to resume (config.json is missing or broken)`, 2)
  }
}

async function optionsOf(
  { config, problems, run, flags }: Evaluation,
  subject: Subject,
): Promise<Omit<EvaluateOptions, 'judge'>> {
  const log = await RecordLog.open<AttemptRecord>(join(run.path, 'attempts.jsonl'))
  const total = problems.length * config.attempts
  let done = log.records.filter(({ correct }) => correct !== null).length
  const progress = createProgress({ title: 'evaluate', total, before: done })
  const onAttempt = ({ problem, trajectory, record }: EvaluatedAttempt) => {
    const { correct } = record
    const reward = { total: Number(correct ?? 0), parts: {}, correct }
    const group = { problem, members: [{ trajectory, reward }] }
    run.recordTrajectories(0, trajectoryRecords([group], [], 'evaluation', subject.tokenizer))
    progress.update(++done)
    if (done === total) progress.finish()
  }
  return {
    problems,
    attemptsPerProblem: config.attempts,
    attempter: subject.attempter,
    concurrency: flags.concurrency,
    log,
    name: 'evaluation',
    onAttempt,
  }
}
