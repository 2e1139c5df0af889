// How a model's makers want it sampled: generation_config.json.

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { UserError } from '../base/errors.ts'
import { isRecord, parseRecord } from '../tokenizer/tokenizer-definition.ts'

/** What is undefined was not said. */
export type GenerationDefaults = {
  /** Whether to sample at all; false: greedy. */
  readonly sample?: boolean
  readonly temperature?: number
  readonly topP?: number
  readonly topK?: number
  readonly endTokens?: readonly number[]
}

/** Reads generation_config.json of a folder; without one nothing was said. */
export function generationDefaults(folder: string): GenerationDefaults {
  const path = join(folder, 'generation_config.json')
  if (!existsSync(path)) return {}
  const json = parseRecord(readFileSync(path, 'utf8'), path)
  if (!isRecord(json)) return {}
  const number = (key: string, least: number): number | undefined => {
    const value = json[key] ?? undefined
    if (value === undefined) return undefined
    if (typeof value === 'number' && Number.isFinite(value) && value >= least) return value
    throw new UserError(`${path}: "${key}" must be a number of at least ${least}`)
  }
  const sample = json['do_sample']
  const ends = json['eos_token_id'] ?? []
  const tokens = (Array.isArray(ends) ? ends : [ends]).filter(Number.isInteger).map(Number)
  const said = {
    sample: typeof sample === 'boolean' ? sample : undefined,
    temperature: number('temperature', 0),
    topP: number('top_p', 0),
    topK: number('top_k', 0),
    endTokens: tokens.length > 0 ? tokens : undefined,
  }
  return Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined))
}
