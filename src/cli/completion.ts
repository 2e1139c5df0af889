// `retool-rl completion SHELL`: a script that completes commands and options.

import { Argument, type Command } from 'commander'
import { commandTree } from './completion/command-tree.ts'
import { completionScript, shells } from './completion/completion-script.ts'
import { withExamples } from './example.ts'

export function addCompletion(program: Command): void {
  const command = program
    .command('completion')
    .description('print a completion script for your shell')
    .addArgument(new Argument('<shell>', 'your shell').choices(shells))
    .action((shell: (typeof shells)[number]) => {
      process.stdout.write(completionScript(shell, commandTree(program)))
    })
  withExamples(
    command,
    'source <(retool-rl completion bash)',
    'retool-rl completion zsh > ~/.zfunc/_retool-rl',
    'retool-rl completion fish > ~/.config/fish/completions/retool-rl.fish',
  )
}
