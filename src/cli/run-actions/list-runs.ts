// Every run with its state, progress and last reward.

import { resolve } from 'node:path'
import { styleText } from 'node:util'
import { listRunFolders, overview, type RunOverview } from '../../run/run-overview.ts'
import { table } from '../table.ts'
import { usesColour } from '../terminal.ts'

export interface ListOptions {
  readonly root: string
  readonly tag?: string
  readonly json?: boolean
}

/** What goes to standard output; what cannot be read is told on standard error. */
export function listRuns({ root, tag, json = false }: ListOptions): string {
  const shown = listRunFolders(root)
    .map(overview)
    .filter(({ tags }) => tag === undefined || tags.includes(tag))
  if (json) return `${JSON.stringify(shown, null, 2)}\n`
  for (const { name, damage } of shown) {
    for (const { file, message } of damage) {
      process.stderr.write(`${name}: ${file} cannot be read: ${message}\n`)
    }
  }
  if (shown.length === 0) return `no runs in ${resolve(root)}\n`
  return table(shown.map(rowOf), {
    head: ['run', 'state', 'step', 'left', 'reward', 'accuracy', 'warnings', 'tags'],
    align: ['left', 'left', 'right', 'right', 'right', 'right', 'right', 'left'],
  })
}

const colours = {
  running: 'green',
  finished: 'blue',
  interrupted: 'yellow',
  failed: 'red',
  damaged: 'red',
} as const

function rowOf(run: RunOverview): string[] {
  const { state } = run
  const status = state?.status ?? 'damaged'
  const total = state?.totalSteps ?? null
  return [
    run.name,
    usesColour(process.stdout) ? styleText(colours[status], status) : status,
    state ? `${state.step}${total === null ? '' : `/${total}`}` : '',
    run.secondsLeft === null ? '' : duration(run.secondsLeft),
    run.lastReward === null ? '' : String(Number(run.lastReward.toPrecision(4))),
    run.lastAccuracy === null ? '' : `${(run.lastAccuracy * 100).toFixed(1)} %`,
    String(run.warnings),
    run.tags.join(' '),
  ]
}

function duration(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`
  return `${(seconds / 3600).toFixed(1)} h`
}
