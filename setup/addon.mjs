// Builds the addon: sources to objects, linked, tried, moved into place.

import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { buildFlags } from './build-flags.mjs'
import { checkCompiler, processorIdentity } from './compiler.mjs'
import { explain } from './diagnosis.mjs'
import { SetupFailure } from './failure.mjs'
import { compileObjects } from './objects.mjs'
import { runLogged } from './processes.mjs'
import { digest } from './stamp.mjs'

/** @typedef {import('./state.mjs').TorchFacts} TorchFacts */
/** @typedef {import('./compiler.mjs').Compiler} Compiler */
/** @typedef {import('./private-python.mjs').Place} Place */
/** @typedef {{ torch: TorchFacts, compiler: Compiler, nativeDigest: string }} Build */

/** Path of retool.node for this libtorch, these sources, this compiler and this processor.
 * @param {Build} build @param {Place} place @returns {Promise<string>} */
export async function buildAddon({ torch, compiler, nativeDigest }, place) {
  const flags = buildFlags(torch)
  const toolchain = digest(
    torch.version,
    compiler.identity,
    processorIdentity(),
    ...flags.compile,
    ...flags.link,
  )
  const key = digest(toolchain, nativeDigest)
  const folder = join(place.cache, 'addon', `torch-${torch.version}-${key}`)
  const addon = join(folder, 'retool.node')
  if (existsSync(addon)) return addon
  checkCompiler(compiler)
  const title = `addon for torch ${torch.version}`
  const objects = await compileObjects(
    { compiler, flags: [...flags.compile, ...flags.here], toolchain, title },
    place,
  )
  const draft = `${folder}.partial`
  rmSync(draft, { recursive: true, force: true })
  mkdirSync(draft, { recursive: true })
  try {
    await link(compiler, [...objects, ...flags.link, '-o', join(draft, 'retool.node')], place)
    await tryLoading(join(draft, 'retool.node'), place)
    rmSync(folder, { recursive: true, force: true })
    renameSync(draft, folder)
  } catch (error) {
    rmSync(draft, { recursive: true, force: true })
    throw error
  }
  return addon
}

/** @param {Compiler} compiler @param {readonly string[]} parameters @param {Place} place */
async function link({ command, parameters: own }, parameters, { cache, log }) {
  const { code, output } = await runLogged(command, [...own, ...parameters], { log })
  if (code === 0) return
  throw explain('linking the addon', { output, log, folder: cache })
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
  throw new SetupFailure(
    `The addon was built but does not load: ${why.trim()}`,
    `The compiler may not fit this libtorch; another can be named: CXX=g++-12\nLog: ${log}`,
  )
}
