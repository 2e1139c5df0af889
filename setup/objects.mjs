// Compiles the addon's sources, two at a time. Finished objects are kept by content, so a build that was
// killed goes on where it was, and a changed source costs one compilation.

import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
} from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { explain } from './diagnosis.mjs'
import { packageRoot } from './package-root.mjs'
import { runLogged } from './processes.mjs'
import { digest, digestOfFolder } from './stamp.mjs'

/** @typedef {import('./private-python.mjs').Place} Place */

/**
 * @typedef {object} Compilation
 * @property {import('./compiler.mjs').Compiler} compiler
 * @property {readonly string[]} flags
 * @property {string} toolchain a name for compiler, flags, processor and libtorch
 * @property {string} title
 */

/** Two compilers at once need about 3 GB. */
const defaultJobs = 2
const keptDays = 30

/** The object files of all sources. @param {Compilation} compilation @param {Place} place
 * @returns {Promise<readonly string[]>} */
export async function compileObjects(compilation, place) {
  const folder = join(place.cache, 'addon', 'objects')
  mkdirSync(folder, { recursive: true })
  const native = join(packageRoot(), 'native')
  const headers = digestOfFolder(native, ['.h', '.hpp', '.inc'])
  const files = readdirSync(native)
    .filter((name) => name.endsWith('.cc'))
    .sort()
    .map((name) => {
      const source = join(native, name)
      const key = digest(compilation.toolchain, headers, name, readFileSync(source))
      return { name, source, object: join(folder, `${key}.o`) }
    })
  const missing = files.filter(({ object }) => !existsSync(object))
  await compileAll(missing, compilation, place)
  const objects = files.map(({ object }) => object)
  for (const object of objects) utimesSync(object, new Date(), new Date())
  removeOld(folder)
  return objects
}

/** @typedef {{ name: string, source: string, object: string }} Source */

/** @param {readonly Source[]} missing @param {Compilation} compilation @param {Place} place */
async function compileAll(missing, compilation, place) {
  if (missing.length === 0) return
  const files = missing.length === 1 ? 'file' : 'files'
  const step = place.progress.step(`${compilation.title}: compiling ${missing.length} ${files}`)
  let compiled = 0
  const queue = [...missing]
  const worker = async () => {
    for (let source = queue.shift(); source; source = queue.shift()) {
      await compile(source, compilation, place)
      compiled++
      step.update(`${compiled} of ${missing.length}`)
    }
  }
  try {
    await Promise.all(Array.from({ length: jobs() }, worker))
  } catch (error) {
    step.stop()
    throw error
  }
  step.done()
}

/** @param {Source} source @param {Compilation} compilation @param {Place} place */
async function compile({ name, source, object }, { compiler, flags }, { log }) {
  const draft = `${object}.partial`
  const parameters = [...compiler.parameters, ...flags, '-c', source, '-o', draft]
  const { code, output } = await runLogged(compiler.command, parameters, { log })
  if (code === 0) return renameSync(draft, object)
  rmSync(draft, { force: true })
  throw explain(`compiling ${name}`, {
    output,
    log,
    folder: object,
    again: `The compiler ${compiler.command} did not accept it. Another can be named: CXX=g++-12`,
  })
}

function jobs() {
  const chosen = Number(process.env['RETOOL_JOBS'])
  return Number.isInteger(chosen) && chosen > 0
    ? chosen
    : Math.min(defaultJobs, availableParallelism())
}

/** @param {string} folder */
function removeOld(folder) {
  const limit = Date.now() - keptDays * 86_400_000
  for (const name of readdirSync(folder)) {
    const file = join(folder, name)
    if (statSync(file).mtimeMs < limit) rmSync(file, { force: true })
  }
}
