// `retool-rl quickstart`: a pretrained model through cold start, RL and evaluation, on this machine.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import { withExamples } from './example.ts'

interface QuickstartFlags {
  readonly check?: true
  readonly json?: true
  readonly seed: number
  readonly root: string
  readonly name?: string
}

export function addQuickstart(program: Command): void {
  const command = program
    .command('quickstart')
    .description('take a small pretrained model through cold start, RL and evaluation, here')
    .option('--check', 'do every stage on a fraction of the work, in about a minute')
    .option('--seed <number>', 'decides the problems and every draw', wholeNumber, 1)
    .option('--name <name>', 'name of the run; `quickstart` and a number by default')
    .option('--root <folder>', 'folder that holds the runs', 'runs')
    .option('--json', 'print the result as JSON')
    .action(async (flags: QuickstartFlags) => {
      const { runQuickstart } = await import('./quickstart/run-quickstart.ts')
      const path = join(flags.root, flags.name ?? freeName(flags.root))
      await runQuickstart({
        path,
        seed: flags.seed,
        check: Boolean(flags.check),
        json: Boolean(flags.json),
      })
    })
  withExamples(command, 'retool-rl quickstart', 'retool-rl quickstart --check --name try')
}

function wholeNumber(text: string): number {
  const value = Number(text)
  if (Number.isSafeInteger(value) && value >= 0) return value
  throw new InvalidArgumentError('expected a whole number from 0 up')
}

/** The first of quickstart-1, quickstart-2, ... that no run has. */
function freeName(root: string): string {
  for (let number = 1; ; number++) {
    const name = `quickstart-${number}`
    if (!existsSync(join(root, name))) return name
  }
}
