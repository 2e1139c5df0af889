// What a finished set-up leaves behind for the program: one small file per clone and chosen Python.

import { join } from 'node:path'
import { cacheFolder } from './cache-folder.mjs'
import { packageRoot } from './package-root.mjs'
import { digest, readStamp, writeStamp } from './stamp.mjs'

/**
 * A Python with torch, as it was found.
 * @typedef {object} PythonFacts
 * @property {string} executable
 * @property {string} version for example 3.11.7
 * @property {string} sitePackages
 * @property {boolean} private made by the set-up, not chosen by RETOOL_PYTHON
 * @property {TorchFacts} torch
 * @property {string | null} smollm2 the GGUF file of SmolLM2-135M-Instruct, where its wheel is there
 * @property {Readonly<Record<string, string | null>>} packages versions of what we import; null: missing
 */

/**
 * @typedef {object} TorchFacts
 * @property {string} version for example 2.13.0+cpu
 * @property {string} marker the file that changes when torch is replaced
 * @property {readonly string[]} include
 * @property {readonly string[]} library
 * @property {boolean} cxx11Abi
 * @property {string | null} cuda the CUDA version it was built for
 */

/**
 * @typedef {object} State
 * @property {string} inputs a digest of all that decided the result
 * @property {PythonFacts} python
 * @property {string} pythonFingerprint
 * @property {string | null} addon path of retool.node; null until it is built
 * @property {string} nativeDigest of the sources that it was built from
 */

/** Changes when the shape of State does. */
const layout = 1

/** @returns {string} */
export function stateFile() {
  const key = digest(packageRoot(), process.env['RETOOL_PYTHON'] ?? '', `${process.arch} ${layout}`)
  return join(cacheFolder(), 'state', `${key}.json`)
}

/** @returns {State | undefined} */
export function readState() {
  return /** @type {State | undefined} */ (readStamp(stateFile()))
}

/** @param {State} state */
export function writeState(state) {
  writeStamp(stateFile(), state)
}
