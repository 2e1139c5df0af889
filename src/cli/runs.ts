// `retool-rl runs`: lists, compares, tags, deletes and exports run folders.

import { rmSync } from 'node:fs'
import { resolve } from 'node:path'
import { styleText } from 'node:util'
import Table from 'cli-table3'
import type { Command } from 'commander'
import { UserError } from '../base/errors.ts'
import { compareConfigs } from '../run/config-difference.ts'
import { type ExportFormat, exportFile, exportFormats } from '../run/export-file.ts'
import { metricTable, trajectoryTable } from '../run/export-rows.ts'
import { findRun } from '../run/find-run.ts'
import { metricSummaries } from '../run/metric-query.ts'
import { listRunFolders, overview, type RunOverview } from '../run/run-overview.ts'
import { RunReader } from '../run/run-reader.ts'
import { changeTags } from '../run/tag-writer.ts'

const defaultRoot = 'runs'

/** Adds `runs` with its subcommands; every one of them takes `--root` and, where it prints, `--json`. */
export function addRunsCommand(program: Command): void {
  const runs = program.command('runs').description('list, compare, tag, delete and export runs')
  addList(runs)
  addCompare(runs)
  addTag(runs)
  addDelete(runs)
  addExport(runs)
}

interface RootOption {
  readonly root: string
}

function withRoot(command: Command): Command {
  return command.option('--root <folder>', 'folder that holds the runs', defaultRoot)
}

function addList(runs: Command): void {
  withRoot(runs.command('list', { isDefault: true }))
    .description('every run with its state, progress and last reward')
    .option('--tag <tag>', 'only runs with this tag')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  retool-rl runs list --tag baseline')
    .action((options: RootOption & { tag?: string; json?: boolean }) => {
      const all = listRunFolders(options.root).map(overview)
      const shown = all.filter(
        ({ tags }) => options.tag === undefined || tags.includes(options.tag),
      )
      if (options.json) printJson(shown)
      else printList(shown, options.root)
    })
}

function printList(shown: readonly RunOverview[], root: string): void {
  if (shown.length === 0) print(`no runs in ${resolve(root)}`)
  else {
    const table = new Table({
      head: ['run', 'state', 'step', 'left', 'reward', 'accuracy', 'warnings', 'tags'],
      style: { head: [], border: [] },
    })
    for (const run of shown) table.push(listRow(run))
    print(table.toString())
  }
  for (const run of shown) {
    for (const { file, message } of run.damage) {
      process.stderr.write(`${run.name}: ${file} cannot be read: ${message}\n`)
    }
  }
}

const colours = {
  running: 'green',
  finished: 'blue',
  interrupted: 'yellow',
  failed: 'red',
} as const

function listRow(run: RunOverview): string[] {
  const { state } = run
  const status = state
    ? styleText(colours[state.status], state.status)
    : styleText('red', 'damaged')
  return [
    run.name,
    status,
    state ? `${state.step}${state.totalSteps === null ? '' : `/${state.totalSteps}`}` : '',
    run.secondsLeft === null ? '' : duration(run.secondsLeft),
    number(run.lastReward),
    run.lastAccuracy === null ? '' : `${(run.lastAccuracy * 100).toFixed(1)} %`,
    String(run.warnings),
    run.tags.join(' '),
  ]
}

function addCompare(runs: Command): void {
  withRoot(runs.command('compare <run...>'))
    .description('where configurations differ, and the last value of each metric')
    .option('--all', 'show keys that do not differ as well')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  retool-rl runs compare tiny-1 tiny-2')
    .action((names: string[], options: RootOption & { all?: boolean; json?: boolean }) => {
      const readers = names.map((name) => new RunReader(findRun(options.root, name)))
      try {
        const config = compareConfigs(readers.map((reader) => reader.config())).filter(
          ({ same }) => options.all || !same,
        )
        const metrics = compareMetrics(readers)
        if (options.json) printJson({ runs: names, config, metrics })
        else {
          const table = new Table({ head: ['', ...names], style: { head: [], border: [] } })
          for (const { key, values } of config) {
            table.push([key, ...values.map((value) => JSON.stringify(value) ?? '(missing)')])
          }
          for (const { name, values } of metrics) table.push([name, ...values.map(number)])
          print(table.toString())
        }
      } finally {
        for (const reader of readers) reader[Symbol.dispose]()
      }
    })
}

function compareMetrics(readers: readonly RunReader[]) {
  const all = readers.map(
    (reader) =>
      new Map(reader.query([], metricSummaries).map(({ name, lastValue }) => [name, lastValue])),
  )
  const names = [...new Set(all.flatMap((metrics) => [...metrics.keys()]))].sort()
  return names.map((name) => ({ name, values: all.map((metrics) => metrics.get(name) ?? null) }))
}

function addTag(runs: Command): void {
  withRoot(runs.command('tag <run> [tag...]'))
    .description('add tags to a run, or remove them')
    .option('--remove', 'remove these tags')
    .addHelpText('after', '\nExample:\n  retool-rl runs tag tiny-1 baseline')
    .action((name: string, tags: string[], options: RootOption & { remove?: boolean }) => {
      const path = findRun(options.root, name)
      changeTags(path, { add: options.remove ? [] : tags, remove: options.remove ? tags : [] })
      print(`${name}: ${overview(path).tags.join(' ') || 'no tags'}`)
    })
}

function addDelete(runs: Command): void {
  withRoot(runs.command('delete <run...>'))
    .description('delete run folders with all they hold, checkpoints included')
    .requiredOption('--yes', 'yes, delete; there is no way back')
    .addHelpText('after', '\nExample:\n  retool-rl runs delete tiny-1 --yes')
    .action((names: string[], options: RootOption) => {
      const paths = names.map((name) => findRun(options.root, name))
      for (const [index, path] of paths.entries()) {
        const { state } = overview(path)
        if (state?.status === 'running') {
          throw new UserError(
            `${names[index]}: process ${state.process.pid} still writes this run; stop it first`,
          )
        }
      }
      for (const path of paths) rmSync(path, { recursive: true })
      print(`deleted ${names.join(' ')}`)
    })
}

function addExport(runs: Command): void {
  withRoot(runs.command('export <run>'))
    .description('write metrics or trajectories as CSV, JSON lines or Parquet')
    .requiredOption('--output <file>', 'file to write; its ending (.csv, .jsonl, .parquet) decides')
    .option('--trajectories', 'trajectories with all of their tokens in place of metrics')
    .addHelpText('after', '\nExample:\n  retool-rl runs export tiny-1 --output metrics.parquet')
    .action((name: string, options: RootOption & { output: string; trajectories?: boolean }) => {
      using reader = new RunReader(findRun(options.root, name))
      const format = formatOf(options.output)
      reader.query(undefined, (database) => {
        const table = options.trajectories ? trajectoryTable(database) : metricTable(database)
        exportFile(options.output, format, table)
      })
      for (const { file, message } of reader.damage) {
        throw new UserError(`${name}: ${file} cannot be read: ${message}`)
      }
      print(resolve(options.output))
    })
}

function formatOf(path: string): ExportFormat {
  const format = exportFormats.find((known) => path.endsWith(`.${known}`))
  if (format) return format
  throw new UserError(`--output ${path}: expected a name that ends in .csv, .jsonl or .parquet`, 2)
}

function number(value: number | null): string {
  return value === null ? '' : String(Number(value.toPrecision(4)))
}

function duration(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`
  return `${(seconds / 3600).toFixed(1)} h`
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

function printJson(value: unknown): void {
  print(JSON.stringify(value, null, 2))
}
