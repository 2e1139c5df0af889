// The commands and options of a program as plain data.

import type { Command } from 'commander'

/** A word that can be typed at some place. */
export interface Word {
  readonly text: string
  readonly description: string
}

/** One command: the words that lead to it (none for the program itself) and what can follow. */
export interface CommandNode {
  readonly path: readonly string[]
  readonly subcommands: readonly Word[]
  readonly options: readonly Word[]
  /** Choices of its arguments and of options that have some. */
  readonly choices: readonly string[]
}

/** The program first, then every command below it. */
export function commandTree(program: Command): CommandNode[] {
  return [nodeOf(program, []), ...below(program, [])]
}

function below(command: Command, path: readonly string[]): CommandNode[] {
  return command.commands.flatMap((child) => {
    const childPath = [...path, child.name()]
    return [nodeOf(child, childPath), ...below(child, childPath)]
  })
}

function nodeOf(command: Command, path: readonly string[]): CommandNode {
  const help = command.createHelp()
  const options = help.visibleOptions(command)
  return {
    path,
    subcommands: help
      .visibleCommands(command)
      .map((child) => ({ text: child.name(), description: help.subcommandDescription(child) })),
    options: options.flatMap((option) =>
      [option.long, option.short].flatMap((text) =>
        text ? [{ text, description: option.description }] : [],
      ),
    ),
    choices: command.registeredArguments.flatMap((argument) => argument.argChoices ?? []),
  }
}
