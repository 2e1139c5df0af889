// The flags that compile and link the addon against one libtorch.

import { existsSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { packageRoot } from './package-root.mjs'

/** @typedef {import('./state.mjs').TorchFacts} TorchFacts */

/**
 * @typedef {object} Flags
 * @property {readonly string[]} compile
 * @property {readonly string[]} here where this clone or package has its files: no part of what the
 *   objects are, so that all clones share them
 * @property {readonly string[]} link
 */

/** @param {TorchFacts} torch @returns {Flags} */
export function buildFlags(torch) {
  const native = join(packageRoot(), 'native')
  return {
    compile: compileFlags(torch),
    here: [`-I${nodeApiHeaders()}`, `-ffile-prefix-map=${native}=native`],
    link: linkFlags(torch),
  }
}

/** @param {TorchFacts} torch */
function compileFlags(torch) {
  const mac = process.platform === 'darwin'
  return [
    '-std=c++17',
    '-O3',
    mac && process.arch === 'arm64' ? '-mcpu=native' : '-march=native',
    '-fPIC',
    '-fvisibility=hidden',
    '-DNDEBUG',
    '-DNAPI_VERSION=9',
    `-D_GLIBCXX_USE_CXX11_ABI=${torch.cxx11Abi ? 1 : 0}`,
    ...(torch.cuda ? ['-DRETOOL_CUDA'] : []),
    // Apple's clang has no OpenMP: there, loops over at::parallel_for run on one thread.
    ...(mac ? [] : ['-fopenmp']),
    ...torch.include.flatMap((folder) => ['-isystem', folder]),
  ]
}

/** @param {TorchFacts} torch */
function linkFlags(torch) {
  const mac = process.platform === 'darwin'
  const folders = torch.library.flatMap((folder) => [`-L${folder}`, `-Wl,-rpath,${folder}`])
  const libraries = ['-ltorch', '-ltorch_cpu', '-lc10']
  const cuda = torch.cuda ? ['-Wl,--no-as-needed', '-ltorch_cuda', '-lc10_cuda'] : []
  return [
    ...(mac ? ['-bundle', '-undefined', 'dynamic_lookup'] : ['-shared']),
    ...folders,
    ...libraries,
    ...cuda,
    ...(mac ? [] : openMp(torch)),
  ]
}

/** libtorch brings an OpenMP runtime of its own; a second one beside it would double the threads.
 * @param {TorchFacts} torch */
function openMp(torch) {
  const own = torch.library
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)))
    .find((file) => /\/libgomp[^/]*\.so/.test(file))
  return [own ?? '-lgomp']
}

function nodeApiHeaders() {
  const require = createRequire(join(packageRoot(), 'package.json'))
  return join(dirname(require.resolve('node-api-headers/package.json')), 'include')
}
