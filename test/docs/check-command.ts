// Whether a command of the documentation is one that there is, with options that it has.

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { createProgram } from '../../src/cli/program.ts'
import { root } from './code-blocks.ts'

/** What is wrong with the words of a command; undefined where nothing is. */
export function commandFault(words: readonly string[]): string | undefined {
  const [head, ...rest] = words
  if (head === 'echo') return undefined
  if (head === 'npm') return npmFault(rest)
  if (head === 'retool-rl') return programFault(rest)
  if (head !== 'npx') return `unknown command ${head}`
  const [program, ...given] = rest
  if (program === 'retool-rl') return programFault(given)
  if (program === 'tsx') return missing(given.slice(0, 1))
  if (program === 'vitest') {
    return missing(given.filter((word) => word !== 'run' && !word.startsWith('-')))
  }
  return `unknown program ${program}`
}

function missing(paths: readonly string[]): string | undefined {
  const path = paths.find((one) => !existsSync(join(root, one)))
  return path === undefined ? undefined : `there is no ${path}`
}

function npmFault(words: readonly string[]): string | undefined {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const [name = '', ...rest] = words[0] === 'run' ? words.slice(1) : words
  const script: string | undefined = scripts[name]
  if (script === undefined) return `package.json has no script ${name}`
  const ours = / bin\/retool-rl\.mjs (.*)$/.exec(script)?.[1]
  if (ours === undefined) return undefined
  return programFault([...ours.split(' '), ...rest.filter((word) => word !== '--')])
}

/** Parses with the real program, whose actions do nothing. */
function programFault(words: readonly string[]): string | undefined {
  const program = createProgram()
  let said = ''
  for (const command of allCommands(program)) {
    command.configureOutput({
      writeOut: () => undefined,
      writeErr: (text) => {
        said += text
      },
    })
    if (command.commands.length === 0) command.action(() => undefined)
  }
  try {
    program.parse(words, { from: 'user' })
    return undefined
  } catch (error) {
    const { code } = error as { readonly code?: string }
    return code === 'commander.helpDisplayed' ? undefined : said || String(error)
  }
}

function allCommands(command: Command): Command[] {
  return [command, ...command.commands.flatMap(allCommands)]
}

/**
 * As `commandFault`, of a mention in running text such as `retool-rl train --resume`, which may
 * leave out what a command needs.
 */
export function mentionFault(words: readonly string[]): string | undefined {
  let command: Command = createProgram()
  let isPath = true
  for (const word of words) {
    const child = command.commands.find((one) => one.name() === word)
    if (isPath && child) command = child
    else if (isPath && command.parent === null && /^[a-z]/.test(word)) return `no command ${word}`
    else isPath = false
    if (!word.startsWith('--') || word === '--help') continue
    const known = allCommands(command).flatMap(({ options }) => options)
    if (!known.some(({ long }) => long === word)) return `${command.name()} has no option ${word}`
  }
  return undefined
}
