// Longer than a test: builds and packs the package, installs it into an empty project, and uses it
// there as a person would. Run: npx tsx test/nightly/package.ts

import { execFileSync, spawnSync } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '../..')
const modules = join(root, 'node_modules')
const project = mkdtempSync(join(tmpdir(), 'retool-package-'))

function check(condition: boolean, what: string): void {
  if (!condition) throw new Error(`package: ${what}`)
  process.stdout.write(`ok: ${what}\n`)
}

/** Runs a program in the project, or in a folder of it; throws with all that it said. */
function run(program: string, parameters: readonly string[], folder = '.'): string {
  const { status, stdout, stderr } = spawnSync(program, parameters, {
    cwd: join(project, folder),
    encoding: 'utf8',
  })
  if (status === 0) return stdout
  throw new Error(`${program} ${parameters.join(' ')}: ${stdout}\n${stderr}`)
}

function install(): void {
  execFileSync('npm', ['pack', '--pack-destination', project], { cwd: root, stdio: 'ignore' })
  const tarball = readdirSync(project).find((name) => name.endsWith('.tgz')) ?? ''
  writeFileSync(join(project, 'package.json'), '{ "private": true, "type": "module" }\n')
  try {
    run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', `./${tarball}`])
  } catch (error) {
    process.stdout.write(`npm install failed, dependencies are linked: ${String(error)}\n`)
    const target = join(project, 'node_modules/retool-rl')
    mkdirSync(target, { recursive: true })
    run('tar', ['-xzf', tarball, '-C', target, '--strip-components=1'])
    linkFromRoot(Object.keys(manifestOf(target).dependencies))
    mkdirSync(join(project, 'node_modules/.bin'))
    symlinkSync('../retool-rl/bin/retool-rl.mjs', join(project, 'node_modules/.bin/retool-rl'))
  }
  linkFromRoot(['vitest', 'typescript', '@types/node'])
}

function manifestOf(folder: string): { readonly dependencies: Readonly<Record<string, string>> } {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
}

function linkFromRoot(names: readonly string[]): void {
  for (const name of names) {
    const link = join(project, 'node_modules', name)
    mkdirSync(join(link, '..'), { recursive: true })
    rmSync(link, { recursive: true, force: true })
    symlinkSync(join(modules, name), link)
  }
}

const use = `import { ReToolTrainer, type ReToolTrainerOptions } from 'retool-rl'
const options: ReToolTrainerOptions = { model: 'm', trainDataset: [{ prompt: 'q', answer: '1' }] }
// @ts-expect-error a row has a prompt
new ReToolTrainer({ model: 'm', trainDataset: [{ question: 'q', answer: '1' }] })
process.stdout.write(typeof new ReToolTrainer(options).train)
`

try {
  install()
  const command = join(project, 'node_modules/.bin/retool-rl')
  const compiler = join(modules, 'typescript/bin/tsc')
  const runner = join(modules, 'vitest/vitest.mjs')

  const { status, stdout } = spawnSync(command, ['doctor', '--json'], {
    cwd: project,
    encoding: 'utf8',
  })
  const { findings } = JSON.parse(stdout) as { findings: { name: string }[] }
  check(status !== null && findings.length > 5, `doctor found ${findings.length} things`)

  run(command, ['new', 'own'])
  writeFileSync(join(project, 'own/src/use.ts'), use)
  run(process.execPath, [compiler, '--noEmit'], 'own')
  check(true, 'a program that imports ReToolTrainer, and the new project, have types')
  const printed = run(process.execPath, ['--import', 'tsx', 'src/use.ts'], 'own')
  check(printed === 'function', 'the program runs')
  check(run(process.execPath, [runner, 'run'], 'own').includes('4 passed'), 'the project tests')
  const shown = run(command, ['recipe', 'show', 'recipe.ts'], 'own')
  check(shown.includes('days_between'), "the project's recipe resolves")

  run(command, ['setup'])
  const small = ['steps=1', 'evaluation=null', 'rollout.problemsPerStep=1', 'rollout.groupSize=2']
  const options = small.flatMap((assignment) => ['--set', assignment])
  const trained = JSON.parse(run(command, ['train', 'recipe.ts', '--json', ...options], 'own'))
  check(trained.steps === 1, 'it trains one step')
} finally {
  rmSync(project, { recursive: true, force: true })
}
