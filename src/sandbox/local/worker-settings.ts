// How a worker is started: program, interpreter, environment, and the settings it reads.

import { packageFile } from '../../base/package-root.ts'
import type { Tier } from '../sandbox.ts'

export interface WorkerSettings {
  readonly python: string
  readonly program: string
  readonly environment: Readonly<Record<string, string>>
  readonly json: string
}

/** Libraries imported and warmed before the first program. */
export const defaultPreload = [
  'numpy',
  'numpy.linalg',
  'scipy',
  'scipy.special',
  'scipy.linalg',
  'scipy.optimize',
  'scipy.integrate',
  'sympy',
] as const

export interface WorkerOptions {
  readonly tier: Tier
  readonly python: string
  readonly preload: readonly string[]
  /** Whether a module that cannot be found is left out instead of being an error. */
  readonly preloadMayLack: boolean
  /** Programs that may run at a time in one worker. */
  readonly slots: number
  /** Programs that run beside the slots at a time because they take long; the others are frozen. */
  readonly lingering: number
  /** Folders besides the interpreter's own that programs may read. */
  readonly readable: readonly string[]
  readonly scratchMb: number
  /** The compiled loop of the zygotes, or null where there is none. */
  readonly library: string | null
}

const spareBoxes = 8
const scratchFiles = 4_096

export function workerSettings(options: WorkerOptions): WorkerSettings {
  const settings = {
    tier: options.tier,
    preload: options.preload,
    preloadMayLack: options.preloadMayLack,
    readable: options.readable,
    lingering: options.lingering,
    library: options.library,
    spareBoxes: options.slots + spareBoxes,
    scratchMb: options.scratchMb,
    scratchFiles,
  }
  return {
    python: options.python,
    program: workerProgram(),
    environment,
    json: JSON.stringify(settings),
  }
}

export function workerProgram(): string {
  return packageFile('src/sandbox/worker/main.py')
}

/** All that a program sees of the environment: nothing of ours. */
const environment = {
  PATH: '/usr/local/bin:/usr/bin:/bin',
  HOME: '/tmp',
  USER: 'sandbox',
  LANG: 'C.UTF-8',
  PYTHONHASHSEED: '0',
  OMP_NUM_THREADS: '1',
  OPENBLAS_NUM_THREADS: '1',
  MKL_NUM_THREADS: '1',
  MPLBACKEND: 'Agg',
}
