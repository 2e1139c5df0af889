// Finds and reads a recipe by name or path: a TypeScript or JavaScript file that exports `recipe`,
// or a YAML file, which may build on another recipe with `extends: NAME`.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, extname, isAbsolute, join, relative, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { UserError } from '../base/errors.ts'
import { nearest } from '../base/nearest.ts'
import { packageFile } from '../base/package-root.ts'
import { isPlainRecord, type Layer, recipeLayer } from './layer.ts'
import { yamlLayer } from './yaml-layer.ts'

const endings = ['.ts', '.js', '.mjs', '.yaml', '.yml']

/** Layers from the bottom up. Throws UserError where there is none, or one that is no recipe. */
export async function loadRecipe(name: string): Promise<readonly Layer[]> {
  return layersOf(findRecipe(name, process.cwd()), [])
}

export interface PackageRecipe {
  readonly name: string
  readonly file: string
}

/** The recipes that come with the package, by name. */
export function packageRecipes(): readonly PackageRecipe[] {
  const found = new Map<string, string>()
  for (const folder of recipeFolders()) {
    for (const file of readdirSync(folder).filter(isRecipeFile)) {
      const name = basename(file, extname(file))
      if (!found.has(name)) found.set(name, join(folder, file))
    }
  }
  return [...found]
    .map(([name, file]) => ({ name, file }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}

async function layersOf(file: string, above: readonly string[]): Promise<readonly Layer[]> {
  if (above.includes(file)) {
    throw new UserError(`${shown(file)}: extends itself, by way of ${above.map(shown).join(', ')}`)
  }
  if (!['.yaml', '.yml'].includes(extname(file))) return [await codeLayer(file)]
  const layer = yamlLayer(shown(file), readFileSync(file, 'utf8'))
  const { extends: base, ...value } = layer.value
  if (base === undefined) return [layer]
  if (typeof base !== 'string') {
    throw new UserError(
      `${shown(file)}: extends: expected a recipe's name, found ${JSON.stringify(base)}`,
    )
  }
  const below = await layersOf(findRecipe(base, dirname(file)), [...above, file])
  return [...below, { ...layer, value }]
}

async function codeLayer(file: string): Promise<Layer> {
  const module = (await importCode(file)) as { recipe?: unknown }
  const made = typeof module.recipe === 'function' ? await module.recipe() : module.recipe
  if (!isPlainRecord(made)) {
    throw new UserError(
      `${shown(file)}: expected \`export function recipe()\` that returns a configuration, found ${
        module.recipe === undefined ? 'no export of this name' : typeof made
      }`,
    )
  }
  return recipeLayer(shown(file), made)
}

/** Node 20 reads no TypeScript by itself; in a clone this has been seen to at the start. */
async function importCode(file: string): Promise<unknown> {
  if (extname(file) === '.ts' && !isClone()) {
    const { register } = await import('tsx/esm/api')
    register()
  }
  try {
    return await import(pathToFileURL(file).href)
  } catch (error) {
    throw new UserError(`${shown(file)}: cannot be run: ${whyNot(error)}`)
  }
}

/** The message, with the way out where packages are missing, else with the place. */
function whyNot(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if ('code' in error && error.code === 'ERR_MODULE_NOT_FOUND') {
    return `${error.message}; run npm install where the recipe is`
  }
  const place = /\n\s+at .*/.exec(error.stack ?? '')?.[0].trim() ?? ''
  return `${error.message} (${place})`
}

/** A path (with an ending, or a slash) is meant as one; a name is looked up among the package's. */
function findRecipe(name: string, from: string): string {
  const isPath = endings.includes(extname(name)) || name.includes('/')
  const places = isPath
    ? [resolve(from, name)]
    : recipeFolders().map((folder) => join(folder, name))
  const candidates = places.flatMap((place) => [place, ...endings.map((ending) => place + ending)])
  const found = candidates.find((file) => isRecipeFile(file) && existsSync(file))
  if (found) return found
  const known = packageRecipes().map((recipe) => recipe.name)
  const suggestion = nearest(name, known)
  throw new UserError(
    `recipe ${name}: expected a file, or one of ${known.join(', ') || '(none)'}, found none` +
      (suggestion === undefined ? '' : `; did you mean ${suggestion}?`),
    2,
  )
}

/** In a clone the sources; in a package what they were compiled to, and the YAML files beside it. */
function recipeFolders(): string[] {
  const folders = [packageFile('recipes'), packageFile('dist/recipes')]
  return (isClone() ? folders.slice(0, 1) : [...folders].reverse()).filter((folder) =>
    existsSync(folder),
  )
}

function isClone(): boolean {
  return existsSync(packageFile('src/cli/main.ts'))
}

function isRecipeFile(file: string): boolean {
  return endings.includes(extname(file)) && !/\.(test|d)\.ts$/.test(file)
}

/** Relative to where the person is, when that is shorter. */
function shown(file: string): string {
  const near = relative(process.cwd(), file)
  return near.startsWith('..') || isAbsolute(near) ? file : near
}
