// `retool-rl runs`: lists, compares, tags, deletes and exports run folders.

import type { Command } from 'commander'
import { withExamples } from './example.ts'

interface RootOption {
  readonly root: string
  readonly json?: boolean
}

interface TagFlags {
  readonly remove?: boolean
}

interface DeleteFlags {
  readonly yes?: boolean
}

interface ExportFlags {
  readonly output: string
  readonly trajectories?: boolean
}

/** Adds `runs` with its subcommands. */
export function addRunsCommand(program: Command): void {
  const runs = program.command('runs').description('list, compare, tag, delete and export runs')
  addList(runs)
  addCompare(runs)
  addTag(runs)
  addDelete(runs)
  addExport(runs)
  withExamples(runs, 'retool-rl runs', 'retool-rl runs compare quickstart-1 quickstart-2')
}

function withRoot(command: Command): Command {
  return command.option('--root <folder>', 'folder that holds the runs', 'runs')
}

function addList(runs: Command): void {
  const command = withRoot(runs.command('list', { isDefault: true }))
    .description('every run with its state, progress and last reward')
    .option('--tag <tag>', 'only runs with this tag')
    .option('--json', 'print JSON')
    .action(async (options: RootOption & { tag?: string }) => {
      const { listRuns } = await import('./run-actions/list-runs.ts')
      process.stdout.write(listRuns(options))
    })
  withExamples(command, 'retool-rl runs list --tag baseline')
}

function addCompare(runs: Command): void {
  const command = withRoot(runs.command('compare <run...>'))
    .description('where configurations differ, and the last value of each metric')
    .option('--all', 'show keys that do not differ as well')
    .option('--json', 'print JSON')
    .action(async (names: string[], options: RootOption & { all?: boolean }) => {
      const { compareRuns } = await import('./run-actions/compare-runs.ts')
      process.stdout.write(compareRuns(names, options))
    })
  withExamples(command, 'retool-rl runs compare tiny-1 tiny-2')
}

function addTag(runs: Command): void {
  const command = withRoot(runs.command('tag <run> <tag...>'))
    .description('add tags to a run, or remove them')
    .option('--remove', 'remove these tags')
    .option('--json', 'print JSON')
    .action(async (name: string, tags: string[], options: RootOption & TagFlags) => {
      const { tagRun } = await import('./run-actions/tag-run.ts')
      process.stdout.write(tagRun(name, tags, options))
    })
  withExamples(command, 'retool-rl runs tag tiny-1 baseline')
}

function addDelete(runs: Command): void {
  const command = withRoot(runs.command('delete <run...>'))
    .description('delete run folders with all they hold, checkpoints included')
    .option('--yes', 'yes, delete; there is no way back')
    .option('--json', 'print JSON')
    .action(async (names: string[], options: RootOption & DeleteFlags) => {
      const { deleteRuns } = await import('./run-actions/delete-runs.ts')
      process.stdout.write(deleteRuns(names, options))
    })
  withExamples(command, 'retool-rl runs delete tiny-1 --yes')
}

function addExport(runs: Command): void {
  const command = withRoot(runs.command('export <run>'))
    .description('write metrics or trajectories as CSV, JSON lines or Parquet')
    .requiredOption('--output <file>', 'file to write; its ending (.csv, .jsonl, .parquet) decides')
    .option('--trajectories', 'trajectories with all of their tokens in place of metrics')
    .option('--json', 'print JSON')
    .action(async (name: string, options: RootOption & ExportFlags) => {
      const { exportRun } = await import('./run-actions/export-run.ts')
      process.stdout.write(exportRun(name, options))
    })
  withExamples(command, 'retool-rl runs export tiny-1 --output metrics.parquet')
}
