// The whole set-up: npm packages, Python environment, addon. Does only what is not done yet.

import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildAddon } from './addon.mjs'
import { cacheFolder } from './cache-folder.mjs'
import { chosenPython } from './chosen-python.mjs'
import { findCompiler, processorIdentity } from './compiler.mjs'
import { explainFileError } from './diagnosis.mjs'
import { nativeDigest } from './locate.mjs'
import { withLock } from './lock.mjs'
import { installNodeModules, nodeModulesReady } from './node-modules.mjs'
import { packageRoot } from './package-root.mjs'
import { hasNvidiaDriver, privatePython } from './private-python.mjs'
import { digest, digestOfFolder, fingerprint } from './stamp.mjs'
import { readState, writeState } from './state.mjs'

/** @typedef {import('./state.mjs').State} State */
/** @typedef {import('./progress.mjs').Progress} Progress */

const keptLogs = 10

/** Returns the finished state; throws SetupFailure with a way out.
 * @param {Progress} progress @returns {Promise<State>} */
export async function ensure(progress) {
  const finished = finishedState()
  if (finished) return finished
  const cache = cacheFolder()
  try {
    return await withLock(
      cache,
      progress.note,
      async () => finishedState() ?? (await makeAll(cache, progress)),
    )
  } catch (error) {
    throw explainFileError(error, cache)
  }
}

/** The stamped state, if all that decided it is as it was; no process is started.
 * @returns {State | undefined} */
export function finishedState() {
  const state = readState()
  if (!state?.addon || !nodeModulesReady(packageRoot())) return undefined
  const { python, addon } = state
  const valid =
    existsSync(python.executable) &&
    existsSync(addon) &&
    fingerprint(python.torch.marker) === state.pythonFingerprint &&
    state.inputs === inputs()
  return valid ? state : undefined
}

/** A name for everything that decides the result, except the Python that was found. */
function inputs() {
  return digest(
    process.env['RETOOL_PYTHON'] ?? (hasNvidiaDriver() ? 'cuda' : 'cpu'),
    digestOfFolder(join(packageRoot(), 'setup'), ['.txt', 'build-flags.mjs']),
    nativeDigest(),
    findCompiler().identity,
    processorIdentity(),
  )
}

/** @param {string} cache @param {Progress} progress @returns {Promise<State>} */
async function makeAll(cache, progress) {
  const compiler = findCompiler()
  const log = startLog(cache)
  const place = { cache, log, progress }
  await installNodeModules({ root: packageRoot(), log, progress })
  const chosen = process.env['RETOOL_PYTHON']
  const python = chosen ? await chosenPython(chosen, log) : await privatePython(place)
  const state = {
    inputs: inputs(),
    python,
    pythonFingerprint: fingerprint(python.torch.marker),
    addon: null,
    nativeDigest: nativeDigest(),
  }
  writeState(state)
  const build = { torch: python.torch, compiler, nativeDigest: state.nativeDigest }
  const done = { ...state, addon: await buildAddon(build, place) }
  writeState(done)
  return done
}

/** @param {string} cache */
function startLog(cache) {
  const folder = join(cache, 'log')
  mkdirSync(folder, { recursive: true })
  const old = readdirSync(folder)
    .filter((name) => name.startsWith('setup-'))
    .sort()
  for (const name of old.slice(0, Math.max(0, old.length - keptLogs + 1)))
    rmSync(join(folder, name), { force: true })
  const log = join(
    folder,
    `setup-${new Date().toISOString().replaceAll(':', '.')}-${process.pid}.log`,
  )
  writeFileSync(log, `Node ${process.version} on ${process.platform} ${process.arch}\n`)
  return log
}
