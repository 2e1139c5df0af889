// The folder of this package, from the sources as well as from the build in dist/.

import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** @type {string | undefined} */
let found

/** The nearest folder upwards whose package.json is called retool-rl. */
export function packageRoot() {
  found ??= search(dirname(fileURLToPath(import.meta.url)))
  return found
}

/** @param {string} folder @returns {string} */
function search(folder) {
  const file = join(folder, 'package.json')
  if (existsSync(file) && JSON.parse(readFileSync(file, 'utf8')).name === 'retool-rl') return folder
  const parent = dirname(folder)
  if (parent === folder) throw new Error('defect: not inside the package retool-rl')
  return search(parent)
}
