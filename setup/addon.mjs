// Builds the addon: every source to an object, two at a time, then linked and moved into place.

import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { basename, join } from 'node:path'
import { buildFlags } from './build-flags.mjs'
import { checkCompiler, processorIdentity } from './compiler.mjs'
import { explain } from './diagnosis.mjs'
import { SetupFailure } from './failure.mjs'
import { packageRoot } from './package-root.mjs'
import { runLogged } from './processes.mjs'
import { digest } from './stamp.mjs'

/** @typedef {import('./state.mjs').TorchFacts} TorchFacts */
/** @typedef {import('./compiler.mjs').Compiler} Compiler */
/** @typedef {import('./private-python.mjs').Place} Place */
/** @typedef {{ torch: TorchFacts, compiler: Compiler, nativeDigest: string }} Build */

/** Two compilers at once need about 3 GB. */
const defaultJobs = 2

/** Path of retool.node for this libtorch, these sources, this compiler and this processor.
 * @param {Build} build @param {Place} place @returns {Promise<string>} */
export async function buildAddon({ torch, compiler, nativeDigest }, place) {
  const flags = buildFlags(torch)
  const key = digest(
    torch.version,
    nativeDigest,
    compiler.identity,
    processorIdentity(),
    ...flags.compile,
    ...flags.link,
  )
  const folder = join(place.cache, 'addon', `torch-${torch.version}-${key}`)
  const addon = join(folder, 'retool.node')
  if (existsSync(addon)) return addon
  checkCompiler(compiler)
  const draft = `${folder}.partial`
  rmSync(draft, { recursive: true, force: true })
  mkdirSync(draft, { recursive: true })
  try {
    await compileAndLink({ compiler, flags, draft, torch }, place)
    await tryLoading(join(draft, 'retool.node'), place)
    rmSync(folder, { recursive: true, force: true })
    renameSync(draft, folder)
  } catch (error) {
    rmSync(draft, { recursive: true, force: true })
    throw error
  }
  return addon
}

/** @typedef {{ compiler: Compiler, flags: import('./build-flags.mjs').Flags, draft: string, torch: TorchFacts }} Work */

/** @param {Work} work @param {Place} place */
async function compileAndLink({ compiler, flags, draft, torch }, { log, progress }) {
  const native = join(packageRoot(), 'native')
  const sources = readdirSync(native)
    .filter((name) => name.endsWith('.cc'))
    .sort()
  const step = progress.step(`addon for torch ${torch.version}: compiling ${sources.length} files`)
  /** @param {string} doing @param {readonly string[]} parameters */
  const run = async (doing, parameters) => {
    const { code, output } = await runLogged(
      compiler.command,
      [...compiler.parameters, ...parameters],
      { log },
    )
    if (code === 0) return
    step.stop()
    throw explain(doing, {
      output,
      log,
      folder: draft,
      again: `The compiler ${compiler.command} did not accept it. Another can be named: CXX=g++-12`,
    })
  }
  let compiled = 0
  const queue = [...sources]
  const worker = async () => {
    for (let source = queue.shift(); source; source = queue.shift()) {
      await run(`compiling ${source}`, [
        ...flags.compile,
        '-c',
        join(native, source),
        '-o',
        objectOf(draft, source),
      ])
      compiled++
      step.update(`${compiled} of ${sources.length}`)
    }
  }
  await Promise.all(Array.from({ length: jobs() }, worker))
  const objects = sources.map((source) => objectOf(draft, source))
  await run('linking the addon', [...objects, ...flags.link, '-o', join(draft, 'retool.node')])
  for (const object of objects) rmSync(object)
  step.done()
}

/** @param {string} folder @param {string} source */
function objectOf(folder, source) {
  return join(folder, `${basename(source, '.cc')}.o`)
}

function jobs() {
  const chosen = Number(process.env['RETOOL_JOBS'])
  return Number.isInteger(chosen) && chosen > 0
    ? chosen
    : Math.min(defaultJobs, availableParallelism())
}

/** In another process: what does not load must not take the set-up with it.
 * @param {string} addon @param {Place} place */
async function tryLoading(addon, { log }) {
  const { code, output } = await runLogged(
    process.execPath,
    ['-e', 'require(process.argv[1])', addon],
    { log },
  )
  if (code === 0) return
  const why =
    output.split('\n').find((line) => /Error:/.test(line)) ?? output.trim().split('\n').at(-1) ?? ''
  throw new SetupFailure(`The addon was built but does not load: ${why.trim()}`, `Log: ${log}`)
}
