// Data files of a Hub data set by name: chosen by split and subset, downloaded once.

import { readdir } from 'node:fs/promises'
import { join, relative } from 'node:path'
import type { HubOptions } from '../hub/hub-access.ts'
import { hubSnapshot } from '../hub/hub-snapshot.ts'
import { chooseFiles, type FileChoice } from './data-files.ts'

/** Paths of the chosen files on this machine, sorted by their name in the data set. */
export async function hubFiles(
  name: string,
  { revision = 'main', ...choice }: FileChoice & { readonly revision?: string },
  options: HubOptions = {},
): Promise<readonly string[]> {
  const choose = (paths: readonly string[]) => chooseFiles(paths, choice, `hub:${name}`)
  const folder = await hubSnapshot({ type: 'dataset', name, revision }, choose, options)
  return choose(await pathsIn(folder)).map((path) => join(folder, path))
}

/** Relative to the folder; the cache's links count as the files that they are. */
async function pathsIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
}
