// Which run the quickstart works in, a new one or one that was stopped, and with what configuration.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { UserError } from '../../base/errors.ts'
import { fastestDtype } from '../../base/processor.ts'
import { findRun } from '../../run/find-run.ts'
import { listRunFolders } from '../../run/run-overview.ts'
import { RunReader } from '../../run/run-reader.ts'
import { configDigest } from '../../train/checkpoint.ts'
import { algorithmNames, type QuickstartAlgorithm } from '../../train/quickstart-algorithms.ts'
import {
  chosenQuickstart,
  type QuickstartChoice,
  type QuickstartConfig,
} from '../../train/quickstart-config.ts'
import type { ComputeDtype } from '../../update/trainable-model.ts'

export interface QuickstartFlags {
  readonly check?: true
  readonly algorithm?: QuickstartAlgorithm
  readonly seed?: number
  readonly dtype?: ComputeDtype
  readonly name?: string
  /** True where no run is named. */
  readonly resume?: string | true
  readonly root: string
  readonly json?: true
}

/** The run folder, and what is written into it as its configuration. */
export interface QuickstartRun {
  readonly path: string
  readonly config: QuickstartConfig & { readonly choice: QuickstartChoice }
}

/** Throws UserError where there is nothing to go on with, or flags would change what was begun. */
export function quickstartRun(flags: QuickstartFlags): QuickstartRun {
  const { check = false, algorithm = 'grpo', seed = 1, name, resume, root } = flags
  if (resume === undefined) {
    const path = join(root, name ?? freeName(root))
    const dtype = flags.dtype ?? fastestDtype()
    return { path, config: configOf({ check, algorithm, seed, dtype }) }
  }
  for (const flag of ['check', 'algorithm', 'seed', 'dtype', 'name'] as const) {
    if (flags[flag] === undefined) continue
    throw new UserError(`--resume goes on with what was begun; leave out --${flag}`, 2)
  }
  const path = resume === true ? newestStopped(root) : findRun(root, resume)
  return { path, config: configOf(choiceOf(path)) }
}

function configOf(choice: QuickstartChoice): QuickstartRun['config'] {
  return { choice, ...chosenQuickstart(choice) }
}

const choiceSchema = z.object({
  choice: z.strictObject({
    check: z.boolean(),
    seed: z.int().min(0),
    algorithm: z.enum(algorithmNames),
    dtype: z.enum(['float32', 'bfloat16']),
  }),
})

function choiceOf(path: string): QuickstartChoice {
  using reader = new RunReader(path)
  const config = reader.config()
  const known = choiceSchema.safeParse(config)
  if (!known.success) throw new UserError(`${path}: expected a run of the quickstart`, 2)
  if (reader.state()?.status === 'finished') {
    throw new UserError(`${path} is finished; look at it: retool-rl view ${path}`, 2)
  }
  const { choice } = known.data
  if (configDigest(configOf(choice)) === configDigest(config)) return choice
  throw new UserError(
    `${path} was begun by another version, whose quickstart does other work; begin a new one`,
  )
}

/** The path as people type it, so that it can be shown. */
function newestStopped(root: string): string {
  const stopped = listRunFolders(root).flatMap((path) => {
    using reader = new RunReader(path)
    const state = reader.state()
    const canGoOn = state?.status === 'interrupted' || state?.status === 'failed'
    return state && state.command === 'quickstart' && canGoOn ? [{ path, state }] : []
  })
  const newest = stopped.sort((a, b) => b.state.started - a.state.started)[0]
  if (newest) return newest.path
  throw new UserError(`${root}: no quickstart that was stopped; begin one without --resume`, 2)
}

/** The first of quickstart-1, quickstart-2, ... that no run has. */
function freeName(root: string): string {
  for (let number = 1; ; number++) {
    const name = `quickstart-${number}`
    if (!existsSync(join(root, name))) return name
  }
}
