// Tells the program what the set-up made, from its stamp alone: no process is started.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { cacheFolder } from './cache-folder.mjs'
import { packageRoot } from './package-root.mjs'
import { digestOfFolder, fingerprint } from './stamp.mjs'
import { readState } from './state.mjs'

/** @typedef {import('./state.mjs').PythonFacts} PythonFacts */

/**
 * @typedef {object} Location
 * @property {string} python the executable
 * @property {string} torchVersion
 * @property {PythonFacts} facts
 * @property {string | null} addon path of retool.node; null where it is not built or out of date
 * @property {string} cacheFolder
 */

/** What set-up finished for this clone or package and for RETOOL_PYTHON; undefined: nothing usable.
 * @returns {Location | undefined} */
export function locate() {
  const state = readState()
  if (!state || !existsSync(state.python.executable)) return undefined
  if (fingerprint(state.python.torch.marker) !== state.pythonFingerprint) return undefined
  return {
    python: state.python.executable,
    torchVersion: state.python.torch.version,
    facts: state.python,
    addon: state.addon && isCurrent(state.addon, state.nativeDigest) ? state.addon : null,
    cacheFolder: cacheFolder(),
  }
}

/** @param {string} addon @param {string} builtFrom */
function isCurrent(addon, builtFrom) {
  return existsSync(addon) && nativeDigest() === builtFrom
}

/** A name for the addon's sources as they are now. */
export function nativeDigest() {
  const folder = join(packageRoot(), 'native')
  return existsSync(folder) ? digestOfFolder(folder, ['.cc', '.h', '.cpp', '.hpp', '.inc']) : 'none'
}

/** The command that repairs whatever is missing, as the person would type it here. */
export function setupCommand() {
  return existsSync(join(packageRoot(), 'package-lock.json'))
    ? 'npm run setup'
    : 'npx retool-rl setup'
}
