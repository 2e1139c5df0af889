// Makes the private Python environment in the cache folder: venv, torch, the rest, then its stamp.

import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { explain, recognize } from './diagnosis.mjs'
import { SetupFailure } from './failure.mjs'
import { packageRoot } from './package-root.mjs'
import { pipFailure, runPip } from './pip.mjs'
import { runLogged } from './processes.mjs'
import { askFacts } from './python-facts.mjs'
import { findInterpreter } from './python-interpreter.mjs'
import { pin, requirements, requirementsFile } from './requirements.mjs'
import { digestOfFolder, readStamp, writeStamp } from './stamp.mjs'

/** @typedef {import('./state.mjs').PythonFacts} PythonFacts */
/** @typedef {{ cache: string, log: string, progress: import('./progress.mjs').Progress }} Place */
/** @typedef {import('./progress.mjs').Step} Step */
/** @typedef {import('./pip.mjs').Pip} Pip */

const neededMegabytes = 2_500
const neededTemporaryMegabytes = 800

/** What has its own step and so is left out of the common one. */
const apart = ['pip', 'setuptools', 'torch', 'pycosat']

/** Where the environment for the present pins lies, finished or not. @param {string} cache */
function environmentFolder(cache) {
  const kind = hasNvidiaDriver() ? 'cuda' : 'cpu'
  return join(
    cache,
    'python',
    `${kind}-${digestOfFolder(join(requirementsFile(), '..'), ['.txt'])}`,
  )
}

/** @param {Place} place @returns {Promise<PythonFacts>} */
export async function privatePython(place) {
  const folder = environmentFolder(place.cache)
  const stamp = `${folder}.json`
  const finished = /** @type {PythonFacts | undefined} */ (readStamp(stamp))
  if (finished && existsSync(finished.executable) && existsSync(finished.torch.marker))
    return finished
  rmSync(stamp, { force: true })
  rmSync(folder, { recursive: true, force: true })
  const interpreter = findInterpreter()
  checkSpace(place.cache)
  mkdirSync(join(folder, '..'), { recursive: true })
  try {
    const facts = await makeEnvironment(interpreter, folder, place)
    writeStamp(stamp, facts)
    return facts
  } catch (error) {
    // What is no use to the next run should not fill the disk meanwhile.
    rmSync(folder, { recursive: true, force: true })
    throw error
  }
}

/** @param {import('./python-interpreter.mjs').Interpreter} interpreter @param {string} folder @param {Place} place */
async function makeEnvironment(interpreter, folder, place) {
  await makeVenv(interpreter, folder, place)
  const python = join(folder, 'bin', 'python')
  await installAll(python, folder, place)
  return await verify(python, folder, place)
}

/** pip takes a full temporary folder for a bad connection, so it is looked at before.
 * @param {string} cache */
function checkSpace(cache) {
  checkFree(cache, neededMegabytes, 'set RETOOL_CACHE to a folder on another disk')
  checkFree(tmpdir(), neededTemporaryMegabytes, 'set TMPDIR to a folder on another disk')
}

/** @param {string} folder @param {number} needed in MB @param {string} otherwise */
function checkFree(folder, needed, otherwise) {
  const { bavail, bsize } = statfsSync(folder)
  const free = Math.floor((bavail * bsize) / 2 ** 20)
  if (free >= needed) return
  throw new SetupFailure(
    `The disk is full: ${folder} has ${free} MB free; making the Python environment needs ${needed} MB there.`,
    `Free some space, or ${otherwise}.`,
  )
}

/** @param {import('./python-interpreter.mjs').Interpreter} interpreter @param {string} folder @param {Place} place */
async function makeVenv({ executable, version }, folder, { log, progress }) {
  const step = progress.step(`Python ${version}: private environment`)
  const { code, output } = await runLogged(executable, ['-m', 'venv', folder], { log })
  step.stop()
  if (code === 0) return
  throw explain('making a Python environment', {
    output,
    log,
    folder,
    again: 'Debian and Ubuntu: apt-get install python3-venv\nmacOS: brew install python@3.12',
  })
}

/** @param {string} python @param {string} folder @param {Place} place */
async function installAll(python, folder, { log, progress }) {
  const pip = { python, folder, log }
  const tools = progress.step('Python packages: pip and setuptools')
  await install(pip, tools, [pin('pip'), pin('setuptools')])
  tools.done()
  await installTorch(pip, progress)
  const rest = requirements().filter((line) => !apart.some((name) => line.startsWith(`${name}==`)))
  const step = progress.step(
    `Python packages: ${new Set(rest.map((line) => line.split('==')[0])).size} more`,
  )
  await install(pip, step, ['--no-deps', '--no-build-isolation', ...rest])
  step.done()
  await installOptional(pip, progress)
}

/** @param {Pip} pip @param {Step} step @param {readonly string[]} parameters */
async function install(pip, step, parameters) {
  const { code, output } = await runPip(pip, step, parameters)
  if (code === 0) return
  step.stop()
  throw pipFailure('installing Python packages', pip, output)
}

/**
 * Without an NVIDIA driver the CPU build is asked for by name: the plain one brings several GB of
 * CUDA libraries on Linux. Not every registry has it; then the plain one it is.
 * @param {Pip} pip @param {import('./progress.mjs').Progress} progress
 */
async function installTorch(pip, progress) {
  const exact = pin('torch')
  const constraint = ['-c', requirementsFile()]
  const step = progress.step(`Python packages: ${exact}`)
  if (process.platform === 'linux' && !hasNvidiaDriver()) {
    const { code, output } = await runPip(pip, step, [...constraint, `${exact}+cpu`])
    if (code === 0) return step.done('CPU build')
    if (recognize(output) !== 'no-version') {
      step.stop()
      throw pipFailure('installing torch', pip, output)
    }
    progress.note(
      'no CPU build of torch in the package registry: taking the general one, which may bring several GB of CUDA libraries; ' +
        'PIP_EXTRA_INDEX_URL can name an index that has CPU builds',
    )
  }
  await install(pip, step, [...constraint, exact])
  step.done()
}

/** pycosat has to be compiled against Python's headers; one family of problems needs it.
 * @param {Pip} pip @param {import('./progress.mjs').Progress} progress */
async function installOptional(pip, progress) {
  const step = progress.step('Python packages: pycosat')
  const { code, output } = await runPip(pip, step, [
    '--no-deps',
    '--no-build-isolation',
    pin('pycosat'),
  ])
  step.stop()
  if (code === 0) return
  const trouble = recognize(output)
  if (trouble === 'full-disk' || trouble === 'no-network') {
    throw pipFailure('installing pycosat', pip, output)
  }
  const [library] = readdirSync(join(pip.folder, 'lib')).filter((name) =>
    name.startsWith('python3'),
  )
  if (!library) throw new Error(`defect: no lib/python3 in ${pip.folder}`)
  const standIn = join(pip.folder, 'lib', library, 'site-packages', 'pycosat.py')
  copyFileSync(join(packageRoot(), 'setup', 'pycosat-missing.py'), standIn)
}

export function hasNvidiaDriver() {
  return existsSync('/proc/driver/nvidia/version') || existsSync('/dev/nvidiactl')
}

/** Imports everything once. @param {string} python @param {string} folder @param {Place} place */
async function verify(python, folder, { log, progress }) {
  const step = progress.step('Python packages: checking that they import')
  const answer = await askFacts(python, { log, own: true })
  step.stop()
  if (answer.kind === 'facts') return answer.facts
  throw explain('checking the Python packages', {
    output: answer.output,
    log,
    folder,
    again:
      'The installed packages do not import. Run it again; if it happens again, empty the download cache first: python3 -m pip cache purge.',
  })
}
