// `retool-rl setup`: makes what an installed package needs on this machine.

import type { Command } from 'commander'
import { withExamples } from './example.ts'

export function addSetup(program: Command): void {
  const command = program
    .command('setup')
    .description('make the Python environment and build the native addon (once per machine)')
    .action(async () => {
      const { runSetup } = await import('../../setup/command.mjs')
      await runSetup()
    })
  withExamples(command, 'retool-rl setup', 'RETOOL_PYTHON=~/venv/bin/python retool-rl setup')
}
