// Runs the quickstart in front of a person: bars while it works, then what came of it.

import { RunFolder } from '../../run/folder.ts'
import { cpuCapability, threadCount, torchVersion } from '../../tensor/device.ts'
import { type QuickstartResult, quickstart } from '../../train/quickstart.ts'
import { quickstartCheck, quickstartConfig } from '../../train/quickstart-config.ts'
import { Interrupt } from '../interrupt.ts'
import { createProgress } from '../progress.ts'
import { usesColour } from '../terminal.ts'
import { resultTable } from './result-table.ts'
import { solvedExample } from './solved-example.ts'

export interface RunQuickstartOptions {
  readonly path: string
  readonly seed: number
  readonly check: boolean
  readonly json: boolean
}

export async function runQuickstart(options: RunQuickstartOptions): Promise<void> {
  const chosen = options.check ? quickstartCheck : quickstartConfig
  const config = { ...chosen, seed: options.seed }
  using interrupt = new Interrupt(`ending; what was measured stays in ${options.path}`)
  const start = {
    command: 'quickstart',
    config,
    totalSteps: config.policy.steps + 2,
    environment: { torch: torchVersion(), threads: threadCount(), kernels: cpuCapability() },
  }
  using run = RunFolder.create(options.path, start)
  try {
    const result = await quickstart({
      config,
      run,
      signal: interrupt.signal,
      narrator: { chapter: (title, total) => createProgress({ title, total }) },
    })
    run.finish()
    process.stdout.write(options.json ? jsonOf(result, options.path) : story(result, options.path))
  } catch (error) {
    if (interrupt.signal.aborted) {
      run.interrupt()
      process.stderr.write(`stopped; look at what there is: retool-rl view ${options.path}\n`)
      process.exitCode = 1
      return
    }
    run.fail(error)
    throw error
  }
}

function story(result: QuickstartResult, path: string): string {
  const example = solvedExample(result.trained, usesColour(process.stdout))
  return [
    resultTable(result),
    ...(example === null ? [] : ['One problem that it solved:', '', example]),
    `Everything is in ${path}. Look at every token of it: npx retool-rl view ${path}`,
    '',
  ].join('\n')
}

function jsonOf(result: QuickstartResult, path: string): string {
  const plain = (judged: QuickstartResult['trained']) => {
    const { accuracy, callsPerTrajectory, codePassRate, meanTokens } = judged
    return { accuracy, callsPerTrajectory, codePassRate, meanTokens }
  }
  const { untouched, coldStart, trained, demonstrations } = result
  return `${JSON.stringify({
    run: path,
    demonstrations,
    untouched: plain(untouched),
    coldStart: plain(coldStart),
    trained: plain(trained),
  })}\n`
}
