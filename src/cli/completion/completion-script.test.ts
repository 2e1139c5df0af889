import { spawnSync } from 'node:child_process'
import { Argument, Command } from 'commander'
import { expect, test } from 'vitest'
import { commandTree } from './command-tree.ts'
import { completionScript } from './completion-script.ts'

function sample(): Command {
  const program = new Command('retool-rl')
  program.command('doctor').description("what's there: all of it").option('--json', 'as JSON')
  const sandbox = program.command('sandbox').description('the interpreter')
  sandbox.command('run').description('run a file').option('-t, --timeout <ms>', 'a limit')
  sandbox.command('serve').description('serve it')
  program
    .command('completion')
    .description('print')
    .addArgument(new Argument('<shell>').choices(['bash', 'zsh']))
  return program
}

test('the tree has every command with its path, subcommands, options and choices', () => {
  const tree = commandTree(sample())
  expect(tree.map(({ path }) => path.join(' '))).toEqual([
    '',
    'doctor',
    'sandbox',
    'sandbox run',
    'sandbox serve',
    'completion',
  ])
  expect(tree[3]?.options.map(({ text }) => text)).toEqual(['--timeout', '-t', '--help', '-h'])
  expect(tree[5]?.choices).toEqual(['bash', 'zsh'])
})

test('bash completes what the tree has at that place', () => {
  const script = completionScript('bash', commandTree(sample()))
  const complete = (...words: readonly string[]) => {
    const program = `${script}
COMP_WORDS=(retool-rl ${words.map((word) => `'${word}'`).join(' ')})
COMP_CWORD=${words.length}
_retool_rl
printf '%s\\n' "\${COMPREPLY[@]}"`
    const { stdout, stderr } = spawnSync('bash', ['-c', program], { encoding: 'utf8' })
    expect(stderr).toBe('')
    return stdout.trim().split('\n')
  }
  expect(complete('')).toEqual(['doctor', 'sandbox', 'completion', 'help'])
  expect(complete('sa')).toEqual(['sandbox'])
  expect(complete('sandbox', '')).toEqual(['run', 'serve', 'help'])
  expect(complete('sandbox', 'run', '--t')).toEqual(['--timeout'])
  expect(complete('doctor', '--')).toEqual(['--json', '--help'])
  expect(complete('completion', 'z')).toEqual(['zsh'])
})

const has = (shell: string) => spawnSync(shell, ['-c', 'true']).status === 0

test.skipIf(!has('zsh'))('zsh describes what the tree has at that place', () => {
  const script = completionScript('zsh', commandTree(sample()))
  const complete = (...typed: readonly string[]) => {
    const program = `
_describe() { print -l -- "\${(@P)2}" }
_files() { print files }
compdef() { : }
${script}
words=(retool-rl ${typed.map((word) => `'${word}'`).join(' ')})
CURRENT=${typed.length + 1}
_retool-rl`
    const { stdout, stderr } = spawnSync('zsh', ['-f', '-c', program], { encoding: 'utf8' })
    expect(stderr).toBe('')
    return stdout.trim().split('\n')
  }
  expect(complete('')[0]).toBe("doctor:what's there: all of it")
  expect(complete('sandbox', '')).toEqual([
    'run:run a file',
    'serve:serve it',
    'help:display help for command',
  ])
  expect(complete('doctor', '-')[0]).toBe('--json:as JSON')
  expect(complete('doctor', '')).toEqual(['files'])
})

test.skipIf(!has('fish'))('fish completes what the tree has at that place', () => {
  const script = completionScript('fish', commandTree(sample()))
  const complete = (line: string) =>
    spawnSync('fish', ['-c', `${script}\ncomplete -C '${line}'`], { encoding: 'utf8' })
      .stdout.trim()
      .split('\n')
      .map((found) => found.split('\t')[0])
  expect(complete('retool-rl sandbox ')).toEqual(expect.arrayContaining(['run', 'serve']))
  expect(complete('retool-rl sandbox ')).not.toContain('doctor')
  expect(complete('retool-rl doctor --js')).toEqual(['--json'])
})
