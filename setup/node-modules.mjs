// Installs the npm packages of a clone when they are missing or do not match package-lock.json.

import { existsSync, lstatSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { explain } from './diagnosis.mjs'
import { SetupFailure } from './failure.mjs'
import { runLogged } from './processes.mjs'
import { digest, readStamp, writeStamp } from './stamp.mjs'

/** @typedef {{ root: string, log: string, progress: import('./progress.mjs').Progress }} Clone */

/** @param {string} root */
const stampOf = (root) => join(root, 'node_modules', '.retool-rl.json')

/** In an installed package, and where node_modules is a link to somebody else's, there is nothing to do.
 * @param {string} root */
export function nodeModulesReady(root) {
  const lock = join(root, 'package-lock.json')
  if (!existsSync(lock) || isLink(join(root, 'node_modules'))) return true
  const wanted = lockDigest(root)
  const stamp = /** @type {{ lock?: string } | undefined} */ (readStamp(stampOf(root)))
  return stamp?.lock === wanted && existsSync(join(root, 'node_modules', '.package-lock.json'))
}

/** @param {string} root */
function lockDigest(root) {
  return digest(readFileSync(join(root, 'package-lock.json')), process.platform, process.arch)
}

/** @param {string} path */
function isLink(path) {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false
}

/** @param {Clone} clone */
export async function installNodeModules({ root, log, progress }) {
  if (nodeModulesReady(root)) return
  if (!matchesLock(root)) await runNpm({ root, log, progress })
  linkCommand(root)
  writeStamp(stampOf(root), { lock: lockDigest(root) })
}

/** @param {Clone} clone */
async function runNpm({ root, log, progress }) {
  const step = progress.step('npm packages (npm ci)')
  const { command, parameters } = npm()
  const flags = ['ci', '--no-audit', '--no-fund', '--loglevel=http']
  const { code, output } = await runLogged(command, [...parameters, ...flags], {
    log,
    cwd: root,
    onLine: (line) => {
      const fetched = /^npm http fetch GET \d+ \S*\/([^/\s]+)/.exec(line)
      if (fetched?.[1]) step.update(fetched[1])
    },
  })
  step.stop()
  if (code === 127) {
    throw new SetupFailure(
      'npm was not found.',
      'It comes with Node.js; Debian and Ubuntu: apt-get install npm',
    )
  }
  if (code !== 0) {
    throw explain('npm ci', {
      output: withoutTraffic(output),
      log,
      folder: root,
      again: 'Try it by hand: npm ci',
    })
  }
}

/** npm's own lines about requests would hide its words about the error. @param {string} output */
function withoutTraffic(output) {
  return output
    .split('\n')
    .filter((line) => !/^npm (http|warn)/i.test(line))
    .join('\n')
}

/** The npm that started us, else the one on PATH. */
function npm() {
  const running = process.env['npm_execpath']
  return running && /npm-cli\.c?js$/.test(running) && existsSync(running)
    ? { command: process.execPath, parameters: [running] }
    : { command: 'npm', parameters: [] }
}

/** npm writes the lock file of what it installed last; somebody's own `npm install` counts too.
 * @param {string} root */
function matchesLock(root) {
  const installed = packagesOf(join(root, 'node_modules', '.package-lock.json'))
  const wanted = packagesOf(join(root, 'package-lock.json'))
  if (!installed || !wanted) return false
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === '') return true
    const there = installed[path]
    return there
      ? there.version === entry.version && existsSync(join(root, path))
      : entry.optional === true || entry.peer === true
  })
}

/** @typedef {Record<string, { version?: string, optional?: boolean, peer?: boolean }>} LockedPackages */

/** @param {string} file @returns {LockedPackages | undefined} */
function packagesOf(file) {
  return /** @type {{ packages?: LockedPackages } | undefined} */ (readStamp(file))?.packages
}

/** `npx retool-rl` in the clone, also with an npm that does not look at the project's own bin.
 * @param {string} root */
function linkCommand(root) {
  const folder = join(root, 'node_modules', '.bin')
  mkdirSync(folder, { recursive: true })
  const link = join(folder, 'retool-rl')
  if (!lstatSync(link, { throwIfNoEntry: false })) symlinkSync('../../bin/retool-rl.mjs', link)
}
