// The example at the end of a command's help.

import type { Command } from 'commander'

/** Adds examples to the help; each is a command line without the prompt. */
export function withExamples(command: Command, ...examples: readonly string[]): Command {
  const title = examples.length === 1 ? 'Example:' : 'Examples:'
  return command.addHelpText(
    'after',
    `\n${title}\n${examples.map((line) => `  ${line}\n`).join('')}`,
  )
}
