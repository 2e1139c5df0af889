// What npm would publish, without building it; test/nightly/package.ts installs it and uses it.

import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '..')
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

function packed(): string[] {
  const text = execFileSync('npm', ['pack', '--dry-run', '--ignore-scripts', '--json'], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const [{ files }] = Object.values(JSON.parse(text)) as [{ files: { path: string }[] }]
  return files.map(({ path }) => path)
}

function filesBelow(folder: string, ending: RegExp): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && ending.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
}

test('the package holds what set-up, the sandbox, recipes and new projects need, and no tests', () => {
  const files = packed()
  const needed = [
    'bin/retool-rl.mjs',
    'LICENSE',
    'README.md',
    'setup/requirements.txt',
    ...filesBelow('setup', /\.(mjs|py)$/),
    ...filesBelow('native', /\.(cc|h)$/),
    ...filesBelow('src', /\.py$/).filter((file) => !file.includes('/fixtures/')),
    ...filesBelow('recipes', /\.(yaml|json)$/),
    ...filesBelow('templates', /./),
  ]
  expect(needed.filter((file) => !files.includes(file))).toEqual([])
  const unwanted =
    /\.test\.|fixture|^test\/|^bench\/|^docs\/|^(src|recipes|setup)\/.*\.ts$|package-lock/
  const own = files.filter((file) => !file.startsWith('templates/') && !file.startsWith('dist/'))
  expect(own.filter((file) => unwanted.test(file))).toEqual([])
})

test('installing it runs no script, and every name it is used by leads into the build', () => {
  const scripts = Object.keys(manifest.scripts)
  for (const name of ['preinstall', 'install', 'postinstall', 'prepare']) {
    expect(scripts).not.toContain(name)
  }
  expect(manifest.bin).toEqual({ 'retool-rl': 'bin/retool-rl.mjs' })
  expect(manifest.exports['.']).toEqual({
    types: './dist/src/index.d.ts',
    default: './dist/src/index.js',
  })
})
