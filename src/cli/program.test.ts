import { spawnSync } from 'node:child_process'
import type { Command } from 'commander'
import { expect, test } from 'vitest'
import { packageFile } from '../base/package-root.ts'
import { createProgram } from './program.ts'
import { reportError } from './report-error.ts'

/** Runs the program in this process: exit code and what it said on standard error. */
async function run(...parameters: readonly string[]) {
  let said = ''
  const program = createProgram()
  for (const command of [program, ...all(program)]) {
    command.configureOutput({
      writeErr: (text) => {
        said += text
      },
    })
  }
  try {
    await program.parseAsync(parameters, { from: 'user' })
    return { code: 0, said }
  } catch (error) {
    return { code: reportError(error), said }
  }
}

function all(command: Command): Command[] {
  return command.commands.flatMap((child) => [child, ...all(child)])
}

test('an unknown command or option is wrong use and suggests the nearest', async () => {
  expect(await run('docter')).toEqual({ code: 2, said: expect.stringContaining('doctor') })
  expect(await run('doctor', '--jsn')).toEqual({ code: 2, said: expect.stringContaining('--json') })
  expect(await run('completion', 'tcsh')).toEqual({
    code: 2,
    said: expect.stringContaining('bash'),
  })
  expect((await run('completion')).code).toBe(2)
  expect((await run('help', 'nothing')).code).toBe(2)
  expect((await run('help', 'doctor')).code).toBe(0)
})

test('every command has a description and an example in its help', () => {
  const program = createProgram()
  for (const command of all(program)) {
    let help = ''
    command.configureOutput({
      writeOut: (text) => {
        help += text
      },
    })
    command.outputHelp()
    expect(command.description(), command.name()).not.toBe('')
    expect(help, command.name()).toMatch(/Examples?:\n {2}\S*retool-rl|Examples?:\n {2}.*retool-rl/)
  }
})

/** They serve until Ctrl-C, or what they print is a script, a schema or progress. */
const withoutResults = ['serve', 'view', 'sandbox serve', 'recipe schema', 'setup', 'completion']

test('every command that prints results prints them as JSON too', () => {
  const fullName = (command: Command): string =>
    command.parent ? `${fullName(command.parent)} ${command.name()}`.trim() : ''
  const leaves = all(createProgram()).filter(({ commands }) => commands.length === 0)
  const without = leaves.filter(({ options }) => !options.some(({ long }) => long === '--json'))
  expect(without.map(fullName).sort()).toEqual([...withoutResults].sort())
})

test('as a program: help on standard output, errors on standard error', () => {
  const start = (...parameters: readonly string[]) =>
    spawnSync(process.execPath, [packageFile('bin/retool-rl.mjs'), ...parameters], {
      encoding: 'utf8',
    })
  const bare = start()
  expect(bare).toMatchObject({ status: 0, stderr: '' })
  expect(bare.stdout).toContain('doctor')
  const wrong = start('--colour')
  expect(wrong).toMatchObject({ status: 2, stdout: '' })
  expect(wrong.stderr).toContain("unknown option '--colour'")
  expect(start('--version').stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
})
