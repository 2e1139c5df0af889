// `retool-rl quickstart`: a pretrained model through cold start, RL and evaluation, on this machine.

import { type Command, Option } from 'commander'
import { algorithmNames } from '../train/quickstart-algorithms.ts'
import { withExamples } from './example.ts'
import type { QuickstartFlags } from './quickstart/quickstart-run.ts'
import { wholeNumber } from './whole-number.ts'

export function addQuickstart(program: Command): void {
  const command = program
    .command('quickstart')
    .description('take a small pretrained model through cold start, RL and evaluation, here')
    .option('--check', 'do every stage on a fraction of the work, in about a minute')
    .addOption(
      new Option(
        '--algorithm <name>',
        'how RL learns: grpo (the default) or another without critic, or ppo with one',
      ).choices(algorithmNames),
    )
    .option('--seed <number>', 'decides the problems and every draw (1)', wholeNumber(0))
    .addOption(
      new Option(
        '--dtype <type>',
        'what forwards compute in; by default what this processor multiplies fastest',
      ).choices(['float32', 'bfloat16']),
    )
    .option('--name <name>', 'name of the run; `quickstart` and a number by default')
    .option('--resume [run]', 'go on with a run that was stopped; the newest one by default')
    .option('--root <folder>', 'folder that holds the runs', 'runs')
    .option('--json', 'print the result as JSON')
    .action(async (flags: QuickstartFlags) => {
      const { runQuickstart } = await import('./quickstart/run-quickstart.ts')
      await runQuickstart(flags)
    })
  withExamples(
    command,
    'retool-rl quickstart',
    'retool-rl quickstart --check --algorithm ppo',
    'retool-rl quickstart --resume',
  )
}
