// Runs the quickstart in front of a person: bars while it works, then what came of it.

import { setMaxListeners } from 'node:events'
import type { EvaluationReport } from '../../evaluate/evaluation-report.ts'
import { openPretrained } from '../../pretrained/pretrained.ts'
import { cpuCapability, threadCount, torchVersion } from '../../tensor/device.ts'
import { quickstartSize, trainingMemory } from '../../train/memory-estimate.ts'
import { quickstart } from '../../train/quickstart.ts'
import type { QuickstartResult } from '../../train/quickstart-options.ts'
import { quickstartSteps } from '../../train/quickstart-story.ts'
import { Interrupt } from '../interrupt.ts'
import { createProgress } from '../progress.ts'
import { usesColour } from '../terminal.ts'
import { memoryWarning } from '../train/memory-warning.ts'
import { inRun, openRun } from '../train/recipe-run.ts'
import { type QuickstartFlags, quickstartRun } from './quickstart-run.ts'
import { resultTable } from './result-table.ts'
import { solvedExample } from './solved-example.ts'

export async function runQuickstart(flags: QuickstartFlags): Promise<void> {
  const { path, config } = quickstartRun(flags)
  const source = await openPretrained(config.model)
  process.stderr.write(memoryWarning(trainingMemory(source, quickstartSize(config))) ?? '')
  using interrupt = new Interrupt('keeping the work and ending; Ctrl-C again ends at once')
  setMaxListeners(0, interrupt.signal)
  const opened = openRun(
    path,
    { run: path, resume: flags.resume !== undefined },
    {
      command: 'quickstart',
      config,
      totalSteps: quickstartSteps(config).all,
      environment: { torch: torchVersion(), threads: threadCount(), kernels: cpuCapability() },
    },
  )
  using run = opened.run
  const goOn = `${ownCommand()} --resume ${path}`
  const result = await inRun(run, { signal: interrupt.signal, goOn }, () =>
    quickstart({
      config,
      digest: opened.config,
      run,
      from: opened.from,
      signal: interrupt.signal,
      narrator: {
        chapter: (title, total, before = 0) => createProgress({ title, total, before }),
      },
    }),
  )
  if (!result) return
  process.stdout.write(flags.json ? jsonOf(result, path) : story(result, path))
}

/** As the person called it. */
function ownCommand(): string {
  const isScript = process.env['npm_lifecycle_event'] === 'quickstart'
  return isScript ? 'npm run quickstart --' : 'npx retool-rl quickstart'
}

function story(result: QuickstartResult, path: string): string {
  const example = solvedExample(result, usesColour(process.stdout))
  return [
    resultTable(result),
    ...(example === null ? [] : ['One problem that it solved:', '', example]),
    `Everything is in ${path}. Look at every token of it: npx retool-rl view ${path}`,
    `Talk to the model: npx retool-rl chat --tools --model ${result.model}`,
    '',
  ].join('\n')
}

function jsonOf(result: QuickstartResult, path: string): string {
  const { untouched, coldStart, trained, model } = result
  const plain = ({ all, byLabel }: EvaluationReport) => ({
    accuracy: { all: all.average, ...average(byLabel) },
    callsPerTrajectory: all.behaviour.callsPerResponse,
    codePassRate: all.behaviour.codePassRate,
    meanTokens: all.behaviour.responseLength,
  })
  return `${JSON.stringify({
    run: path,
    model,
    untouched: plain(untouched),
    coldStart: plain(coldStart),
    trained: plain(trained),
  })}\n`
}

function average(byLabel: EvaluationReport['byLabel']) {
  return Object.fromEntries(Object.entries(byLabel).map(([label, { average }]) => [label, average]))
}
