// Finds a Python that can carry the private environment.

import { spawnSync } from 'node:child_process'
import { installHint, SetupFailure } from './failure.mjs'

const oldest = 10
const newest = 14

/**
 * @typedef {object} Interpreter
 * @property {string} executable
 * @property {string} version
 * @property {boolean} hasVenv venv and ensurepip are there (Debian packages them apart)
 */

/** Runs on any Python, however old, and prints a line that begins with a word of ours. */
const question = `
import sys
try:
    import venv, ensurepip
    has = 1
except Exception:
    has = 0
print("retool-python|%s|%d.%d.%d|%d|%d" % ((sys.executable,) + tuple(sys.version_info[:3]) + (has, sys.maxsize > 2**32)))
`

/** Names to try, the system's own choice first. */
function candidates() {
  const versions = []
  for (let minor = newest; minor >= oldest; minor--) versions.push(`python3.${minor}`)
  return ['python3', ...versions, 'python']
}

/** The first suitable Python on PATH. @returns {Interpreter} */
export function findInterpreter() {
  /** @type {Interpreter[]} */
  const seen = []
  for (const name of candidates()) {
    const found = ask(name)
    if (!found) continue
    if (isSupported(found.version) && found.hasVenv) return found
    seen.push(found)
  }
  throw whyNone(seen)
}

/** @param {string} name @returns {Interpreter | undefined} */
function ask(name) {
  const answer = spawnSync(name, ['-c', question], { encoding: 'utf8', timeout: 30_000 })
  const fields = answer.stdout
    ?.split('\n')
    .find((line) => line.startsWith('retool-python|'))
    ?.split('|')
  if (!fields) return undefined
  const [, executable = '', version = '', hasVenv, is64] = fields
  if (is64?.trim() !== '1') return undefined
  return { executable, version, hasVenv: hasVenv === '1' }
}

/** @param {string} version */
function isSupported(version) {
  const [major, minor] = version.split('.').map(Number)
  return major === 3 && minor !== undefined && minor >= oldest && minor <= newest
}

/** @param {readonly Interpreter[]} seen */
function whyNone(seen) {
  const range = `3.${oldest} to 3.${newest}`
  const without = seen.find(({ version }) => isSupported(version))
  if (without) {
    return new SetupFailure(
      `Python ${without.version} (${without.executable}) has no venv module.`,
      installHint('python3-venv', 'brew install python@3.12'),
    )
  }
  const found = seen.map(({ version, executable }) => `${version} (${executable})`).join(', ')
  return new SetupFailure(
    found
      ? `Python ${range} is needed; found only ${found}.`
      : `Python ${range} is needed; none was found on PATH.`,
    `${installHint('python3 python3-venv', 'brew install python@3.12')}\nOr name a Python that has torch 2.10 to 2.13: RETOOL_PYTHON=/path/to/python`,
  )
}
