// Under what a run ran: versions, machine, git state. Written before anything starts.

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { arch, availableParallelism, cpus, hostname, platform, release, totalmem } from 'node:os'
import { packageFile } from '../base/package-root.ts'

export interface Environment {
  readonly retool: string
  readonly node: string
  readonly system: string
  readonly host: string
  readonly processor: string
  readonly cores: number
  readonly memoryBytes: number
  readonly command: readonly string[]
  readonly folder: string
  /** Null where the run was not started inside a git repository. */
  readonly git: {
    readonly commit: string
    readonly branch: string
    readonly changed: readonly string[]
  } | null
  /** What the caller knows: versions of libtorch and Python, the device, the sandbox's tier. */
  readonly more: Readonly<Record<string, unknown>>
}

export function environment(more: Readonly<Record<string, unknown>> = {}): Environment {
  return {
    retool: packageVersion(),
    node: process.version,
    system: `${platform()} ${release()} ${arch()}`,
    host: hostname(),
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    command: process.argv,
    folder: process.cwd(),
    git: gitState(process.cwd()),
    more,
  }
}

function gitState(folder: string): Environment['git'] {
  const git = (...parameters: string[]) =>
    execFileSync('git', parameters, {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 5000,
    }).trimEnd()
  try {
    return {
      commit: git('rev-parse', 'HEAD'),
      branch: git('rev-parse', '--abbrev-ref', 'HEAD'),
      changed: git('status', '--porcelain').split('\n').filter(Boolean),
    }
  } catch {
    return null
  }
}

function packageVersion(): string {
  const { version } = JSON.parse(readFileSync(packageFile('package.json'), 'utf8')) as {
    version: string
  }
  return version
}
