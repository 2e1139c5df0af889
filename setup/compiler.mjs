// Finds the C++ compiler and names what its output depends on.

import { spawnSync } from 'node:child_process'
import {
  accessSync,
  closeSync,
  constants,
  openSync,
  readSync,
  realpathSync,
  statSync,
} from 'node:fs'
import { cpus } from 'node:os'
import { delimiter, join } from 'node:path'
import { installHint, SetupFailure } from './failure.mjs'
import { digest, fingerprint } from './stamp.mjs'

/**
 * @typedef {object} Compiler
 * @property {string} command
 * @property {readonly string[]} parameters what CXX said after the command
 * @property {string} identity changes when the compiler is replaced
 */

const oldestGcc = 9
const oldestClang = 10

/** The compiler of `$CXX`, else g++, c++ or clang++. Starts no process. @returns {Compiler} */
export function findCompiler() {
  const chosen = process.env['CXX']?.trim()
  const names = chosen ? [chosen] : ['g++', 'c++', 'clang++']
  for (const name of names) {
    const [command = '', ...parameters] = name.split(/\s+/)
    const path = onPath(command)
    if (path) return { command: path, parameters, identity: identityOf(path, parameters) }
  }
  const hint = installHint('g++', 'xcode-select --install')
  throw chosen
    ? new SetupFailure(
        `CXX=${chosen}: there is no such compiler.`,
        `Unset CXX or install it.\n${hint}`,
      )
    : new SetupFailure('A C++17 compiler is needed; none of g++, c++, clang++ is on PATH.', hint)
}

/** @param {string} path @param {readonly string[]} parameters */
function identityOf(path, parameters) {
  return digest(fingerprint(realpathSync(path)), ...parameters)
}

/** @param {string} command @returns {string | undefined} */
function onPath(command) {
  const places = command.includes('/') ? [''] : (process.env['PATH'] ?? '').split(delimiter)
  return places.map((place) => join(place, command)).find(isProgram)
}

/** @param {string} path */
function isProgram(path) {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}

/** Throws where the compiler is known to be too old for libtorch's headers. @param {Compiler} compiler */
export function checkCompiler({ command, parameters }) {
  const answer = spawnSync(command, [...parameters, '--version'], {
    encoding: 'utf8',
    timeout: 30_000,
  })
  const first = answer.stdout?.split('\n')[0] ?? ''
  if (answer.status !== 0) {
    throw new SetupFailure(
      `The C++ compiler ${command} does not run: ${(answer.stderr || answer.error?.message || '').trim().split('\n')[0]}`,
      installHint('g++', 'xcode-select --install'),
    )
  }
  const isClang = /clang/i.test(first)
  const major = Number(
    /(\d+)\.\d+(\.\d+)?\s*$|version (\d+)\./
      .exec(first.replace(/\([^)]*\)/g, ''))
      ?.slice(1)
      .find((part) => part && !part.startsWith('.')),
  )
  const oldest = isClang ? oldestClang : oldestGcc
  if (Number.isFinite(major) && major < oldest) {
    throw new SetupFailure(
      `The C++ compiler is too old: ${first}; g++ ${oldestGcc} or clang ${oldestClang} is the oldest that compiles libtorch's headers.`,
      `${installHint('g++', 'xcode-select --install')}\nOr name another compiler: CXX=g++-12`,
    )
  }
}

/** What `-march=native` depends on: the processor's kind and its instruction sets. */
export function processorIdentity() {
  if (process.platform !== 'linux') return digest(process.arch, cpus()[0]?.model ?? '')
  const head = Buffer.alloc(16_384)
  const file = openSync('/proc/cpuinfo', 'r')
  const length = readSync(file, head)
  closeSync(file)
  const text = head.toString('latin1', 0, length)
  const telling = text
    .split('\n\n')[0]
    ?.split('\n')
    .filter((line) =>
      /^(model name|model|cpu family|flags|Features|CPU (part|implementer))\s*:/.test(line),
    )
  return digest(process.arch, ...(telling ?? []))
}
