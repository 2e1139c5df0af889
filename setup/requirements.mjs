// Reads the pins of setup/requirements.txt.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from './package-root.mjs'

export function requirementsFile() {
  return join(packageRoot(), 'setup', 'requirements.txt')
}

/** The file's lines with a pin, for example `numpy==2.4.6; python_version >= "3.11"`. */
export function requirements() {
  return readFileSync(requirementsFile(), 'utf8')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
}

/** The pin of a package that has one line. @param {string} name */
export function pin(name) {
  const line = requirements().find((candidate) => candidate.startsWith(`${name}==`))
  if (!line) throw new Error(`defect: ${name} is not pinned in ${requirementsFile()}`)
  return line
}
