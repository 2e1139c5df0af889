// Checkpoints of a run: everything from which it goes on as if it had not stopped. Each is a folder,
//
//   checkpoints/step-000012/checkpoint.json      step, loop state, digests
//                           learner.safetensors  masters and moments, float32
//                           critic.safetensors   the same, where there is a critic
//                           ahead.jsonl          trajectories that are yet to be learnt from
//
// written aside and renamed, so that a kill or a full disk at any moment leaves the ones before.

import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { z } from 'zod'
import { UserError } from '../base/errors.ts'
import { writeAtomically, writeJsonFile } from '../checkpoint/atomic-file.ts'
import { writeFolderAtomically } from '../checkpoint/atomic-folder.ts'
import type { WeightState } from '../update/weight-updater.ts'
import { fileDigest, withTensorFile, writeTensorFile } from './tensor-file.ts'

export interface CheckpointContent {
  readonly step: number
  /** The higher, the better: by it the best is kept. Null where nothing was measured. */
  readonly value: number | null
  /** Digest of the configuration: another run's checkpoint is never taken for this one's. */
  readonly config: string
  /** Where the loop stands, as plain JSON. */
  readonly state: unknown
  /** By part: `learner`, `critic`. */
  readonly weights: Readonly<Record<string, WeightState>>
  /** Plain JSON that may be large, one value a line, by part: `ahead`. */
  readonly lines?: Readonly<Record<string, readonly unknown[]>>
}

export interface KeepOptions {
  /** How many of the newest stay. */
  readonly newest: number
  /** Whether the one of the highest value stays as well. */
  readonly best: boolean
}

/** What takes over the numbers of a saved state: the learner, the critic. */
export interface Restorable {
  restore(saved: WeightState): void
}

export interface SavedCheckpoint extends Pick<CheckpointContent, 'step' | 'value' | 'state'> {
  readonly path: string
  /** Overwrites the owner's numbers with those of a part. */
  restore(part: string, owner: Restorable): void
  /** The values of a part; none where it has no such lines. */
  lines(part: string): unknown[]
}

const manifestName = 'checkpoint.json'
const content = z.strictObject({
  step: z.int().min(0),
  value: z.number().nullable(),
  config: z.string(),
  state: z.unknown(),
  weights: z.record(z.string(), z.strictObject({ steps: z.int().min(0), digest: z.string() })),
  lines: z.record(z.string(), z.strictObject({ digest: z.string() })),
})
const manifest = z.strictObject({ format: z.literal(1), digest: z.string(), content })
type Manifest = z.output<typeof content>

/** Writes the checkpoint of a step, then removes those that need not be kept. */
export function saveCheckpoint(
  folder: string,
  { weights, lines = {}, ...rest }: CheckpointContent,
  keep: KeepOptions,
): void {
  const path = join(folder, `step-${String(rest.step).padStart(6, '0')}`)
  // One of this step is there only where it was damaged, since a run goes on after its newest.
  rmSync(path, { recursive: true, force: true })
  writeFolderAtomically(path, (partial) => {
    const parts = Object.entries(weights).map(([part, { steps, tensors }]) => {
      const digest = writeTensorFile(join(partial, `${part}.safetensors`), tensors)
      return [part, { steps, digest }] as const
    })
    const texts = Object.entries(lines).map(([part, values]) => {
      const path = join(partial, `${part}.jsonl`)
      writeAtomically(path, (append) => {
        for (const value of values) append(Buffer.from(`${JSON.stringify(value)}\n`))
      })
      return [part, { digest: fileDigest(path) }] as const
    })
    const { step, value, config, state } = rest
    const files = { weights: Object.fromEntries(parts), lines: Object.fromEntries(texts) }
    const written = { step, value, config, state, ...files }
    const digest = textDigest(JSON.stringify(written))
    writeJsonFile(join(partial, manifestName), { format: 1, digest, content: written })
  })
  prune(folder, keep)
}

/**
 * The newest checkpoint that is whole, or null where there is none. Says of each damaged one why it
 * is passed over. Throws UserError where the newest is of another configuration.
 */
export function newestCheckpoint(
  folder: string,
  config: string,
  warn: (message: string) => void,
): SavedCheckpoint | null {
  for (const path of checkpointFolders(folder).reverse()) {
    try {
      return opened(path, config)
    } catch (error) {
      if (error instanceof OtherRun) throw new UserError(error.message)
      const why = error instanceof Error ? error.message : String(error)
      warn(`${path} is damaged and passed over in favour of the one before: ${why}`)
    }
  }
  return null
}

/** The checkpoint of the highest value that is whole, or null where none has a value. */
export function bestCheckpoint(folder: string, config: string): SavedCheckpoint | null {
  const valued = checkpointFolders(folder)
    .map((path) => ({ path, value: savedValue(path) ?? Number.NEGATIVE_INFINITY }))
    .filter(({ value }) => value > Number.NEGATIVE_INFINITY)
    .sort((a, b) => b.value - a.value)
  for (const { path } of valued) {
    try {
      return opened(path, config)
    } catch (error) {
      if (error instanceof OtherRun) throw new UserError(error.message)
    }
  }
  return null
}

/** The folder of the newest checkpoint, damaged or not; null where there is none. */
export function newestFolder(folder: string): string | null {
  return checkpointFolders(folder).at(-1) ?? null
}

/** The step of the newest checkpoint, likewise. */
export function newestStep(folder: string): number | null {
  const newest = newestFolder(folder)
  return newest === null ? null : stepOf(newest)
}

/** A digest of plain JSON, whatever the order in which its keys were written. */
export function configDigest(config: unknown): string {
  return textDigest(JSON.stringify(sorted(config)))
}

class OtherRun extends Error {}

function opened(path: string, config: string): SavedCheckpoint {
  const saved = readManifest(path)
  if (saved.config !== config) {
    throw new OtherRun(
      `${path} was written with another configuration; go on with the same one, or begin a new run`,
    )
  }
  const files = [
    ...Object.entries(saved.weights).map(([part, one]) => ({
      ...one,
      file: `${part}.safetensors`,
    })),
    ...Object.entries(saved.lines).map(([part, one]) => ({ ...one, file: `${part}.jsonl` })),
  ]
  for (const { file, digest } of files) {
    if (fileDigest(join(path, file)) !== digest) throw new Error(`${file} is not what was written`)
  }
  const { step, value, state } = saved
  const restore = (part: string, owner: Restorable) => {
    const steps = saved.weights[part]?.steps
    if (steps === undefined) throw new UserError(`${path}: has no ${part}`)
    withTensorFile(join(path, `${part}.safetensors`), (tensors) =>
      owner.restore({ steps, tensors }),
    )
  }
  const lines = (part: string) =>
    saved.lines[part] ? parsedLines(readFileSync(join(path, `${part}.jsonl`), 'utf8')) : []
  return { path, step, value, state, restore, lines }
}

function parsedLines(text: string): unknown[] {
  return text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as unknown]))
}

function readManifest(path: string): Manifest {
  const read = manifest.parse(JSON.parse(readFileSync(join(path, manifestName), 'utf8')))
  if (textDigest(JSON.stringify(read.content)) === read.digest) return read.content
  throw new Error(`${manifestName} is not what was written`)
}

/** Folders of whole checkpoints, and of damaged ones, in the order of their steps. */
function checkpointFolders(folder: string): string[] {
  if (!existsSync(folder)) return []
  const names = readdirSync(folder).filter((name) => /^step-\d+$/.test(name))
  return names.map((name) => join(folder, name)).sort((a, b) => stepOf(a) - stepOf(b))
}

function stepOf(path: string): number {
  return Number(basename(path).slice('step-'.length))
}

function prune(folder: string, { newest, best }: KeepOptions): void {
  for (const name of readdirSync(folder).filter((one) => one.includes('.partial-'))) {
    rmSync(join(folder, name), { recursive: true, force: true })
  }
  const all = checkpointFolders(folder)
  const kept = new Set(all.slice(-Math.max(1, newest)))
  if (best) {
    let highest = Number.NEGATIVE_INFINITY
    let bestPath: string | undefined
    for (const path of all) {
      const value = savedValue(path)
      if (value === null || value <= highest) continue
      highest = value
      bestPath = path
    }
    if (bestPath !== undefined) kept.add(bestPath)
  }
  for (const path of all) if (!kept.has(path)) rmSync(path, { recursive: true, force: true })
}

function savedValue(path: string): number | null {
  try {
    return readManifest(path).value
  } catch {
    // A damaged one is nobody's best.
    return null
  }
}

function textDigest(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]))
}
