// What `train` and `sft` have in common: a recipe from its layers, and the run that goes on with it.

import { existsSync } from 'node:fs'
import { basename, extname, join } from 'node:path'
import type { z } from 'zod'
import { UserError } from '../../base/errors.ts'
import { loadRecipe } from '../../config/load-recipe.ts'
import type { NoEffectRule } from '../../config/no-effect.ts'
import { resolveConfig } from '../../config/resolve-config.ts'
import { setLayer } from '../../config/set-layer.ts'
import { RunFolder, type RunStart } from '../../run/folder.ts'
import { configDigest, newestCheckpoint, type SavedCheckpoint } from '../../train/checkpoint.ts'

export interface RecipeFlags {
  readonly set: readonly string[]
  readonly run?: string
  readonly resume?: true
  readonly json?: true
}

/** The recipe with what the command line sets over it, checked. */
export async function readRecipe<Schema extends z.ZodType>(
  name: string,
  schema: Schema,
  { set }: Pick<RecipeFlags, 'set'>,
  rules: readonly NoEffectRule<z.output<Schema>>[] = [],
): Promise<z.output<Schema>> {
  const layers = [...(await loadRecipe(name)), ...set.map(setLayer)]
  return resolveConfig(schema, layers, rules).config
}

export interface OpenedRun {
  readonly run: RunFolder
  readonly from: SavedCheckpoint | null
  readonly config: string
}

/** A new run folder, or with `--resume` the old one and the newest checkpoint that is whole. */
export function openRun(
  name: string,
  flags: { readonly run?: string; readonly resume?: boolean },
  start: RunStart,
): OpenedRun {
  const path = flags.run ?? join('runs', basename(name, extname(name)))
  const config = configDigest(start.config)
  if (!flags.resume) return { run: RunFolder.create(path, start), from: null, config }
  const damaged: string[] = []
  const folder = join(path, 'checkpoints')
  const from = existsSync(folder)
    ? newestCheckpoint(folder, config, (message) => damaged.push(message))
    : null
  const run = RunFolder.resume(path, from?.step ?? 0)
  for (const message of damaged) {
    run.recordWarning(from?.step ?? 0, { name: 'checkpoint', message })
    process.stderr.write(`${message}\n`)
  }
  const place = from ? `after step ${from.step}` : 'from the beginning: no checkpoint is there'
  process.stderr.write(`${path}: going on ${place}\n`)
  return { run, from, config }
}

/** What goes on with a stopped run of a recipe. */
export function resumeCommand(
  command: 'train' | 'sft',
  recipe: string,
  run: RunFolder,
  { set }: Pick<RecipeFlags, 'set'>,
): string {
  const settings = set.map((assignment) => ` --set '${assignment}'`).join('')
  return `npx retool-rl ${command} ${recipe}${settings} --run ${run.path} --resume`
}

interface RunEnding {
  /** Asks for the end. */
  readonly signal: AbortSignal
  /** The command that goes on. */
  readonly goOn: string
}

/** Ends the run folder as what happened asks for, and says how to go on after a Ctrl-C. */
export async function inRun<T>(
  run: RunFolder,
  { signal, goOn }: RunEnding,
  work: () => Promise<T>,
): Promise<T | null> {
  try {
    const result = await work()
    run.finish()
    return result
  } catch (error) {
    if (!signal.aborted) throw failed(run, error, goOn)
    run.interrupt()
    process.stderr.write(
      `stopped; go on: ${goOn}\nlook at what there is: npx retool-rl view ${run.path}\n`,
    )
    process.exitCode = 1
    return null
  }
}

/** What to throw: the error itself, or words for a disk that is full. */
function failed(run: RunFolder, error: unknown, goOn: string): unknown {
  try {
    run.fail(error)
  } catch {
    // A full disk takes no word of it either; a run whose process is gone counts as interrupted.
  }
  const code = error instanceof Error && 'code' in error ? error.code : null
  if (code !== 'SQLITE_FULL' && code !== 'ENOSPC') return error
  return new UserError(`${run.path}: the disk is full; free some space and go on: ${goOn}`)
}
