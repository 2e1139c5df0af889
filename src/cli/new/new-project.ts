// Writes the project of `templates/project` under a name of its own.

import {
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { basename, join, relative, resolve } from 'node:path'
import { UserError } from '../../base/errors.ts'
import { packageFile } from '../../base/package-root.ts'
import { writeFolderAtomically } from '../../checkpoint/atomic-folder.ts'

interface Manifest {
  readonly name: string
  readonly version: string
  readonly dependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
}

/** What goes to standard output. Throws UserError where the folder exists or is no package's name. */
export function newProject(folder: string, { json = false }: { readonly json?: boolean }): string {
  const path = resolve(folder)
  const name = basename(path)
  if (!/^[a-z0-9][a-z0-9._-]*$/.test(name)) {
    const rule = 'small letters, digits, dots, dashes and underscores'
    throw new UserError(`${folder}: expected a name of ${rule}, as npm wants it, found ${name}`, 2)
  }
  if (existsSync(path)) {
    throw new UserError(
      `${folder}: expected a new folder, found one that exists; choose another name`,
    )
  }
  writeFolderAtomically(path, (partial) => writeProject(partial, name))
  const files = filesOf(path)
  if (json) return `${JSON.stringify({ path, files }, null, 2)}\n`
  return [
    `${path}:`,
    ...files.map((file) => `  ${file}`),
    '',
    'Go on with:',
    ...nextSteps(folder).map((line) => `  ${line}`),
    '',
  ].join('\n')
}

function writeProject(folder: string, name: string): void {
  cpSync(packageFile('templates/project'), folder, { recursive: true })
  // npm leaves a .gitignore out of packages.
  renameSync(join(folder, 'gitignore'), join(folder, '.gitignore'))
  const file = join(folder, 'package.json')
  const template = JSON.parse(readFileSync(file, 'utf8')) as Manifest
  const made = {
    ...template,
    name,
    dependencies: withVersions(template.dependencies),
    devDependencies: withVersions(template.devDependencies),
  }
  writeFileSync(file, `${JSON.stringify(made, null, 2)}\n`)
}

/** The versions that this package is made and tested with; a clone stands in for itself. */
function withVersions(names: Readonly<Record<string, string>>): Record<string, string> {
  const own = JSON.parse(readFileSync(packageFile('package.json'), 'utf8')) as Manifest
  const versions = { ...own.devDependencies, ...own.dependencies }
  return Object.fromEntries(
    Object.keys(names).map((name) => {
      if (name !== own.name) return [name, versions[name] ?? '*']
      return [name, isClone() ? `file:${packageFile('.')}` : `^${own.version}`]
    }),
  )
}

function nextSteps(folder: string): string[] {
  const build = `npm --prefix ${packageFile('.')} run build    # once: the project uses this clone`
  const needsBuild = isClone() && !existsSync(packageFile('dist/src/index.js'))
  return [
    ...(needsBuild ? [build] : []),
    `cd ${folder}`,
    'npm install',
    'npm test',
    'npm run train',
  ]
}

function isClone(): boolean {
  return existsSync(packageFile('src/cli/main.ts'))
}

function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
    .map((path) => relative(folder, path))
    .sort()
}
