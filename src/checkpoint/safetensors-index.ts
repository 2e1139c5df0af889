// A model in shards: model.safetensors.index.json says which file holds which weight. What it says
// is compared with the shards' own headers, so that a half-downloaded folder is found at once.

import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import { UserError } from '../base/errors.ts'
import { isJsonObject, parseJsonObject } from './json-object.ts'
import { quoted } from './quoted.ts'
import { ReadableFile } from './readable-file.ts'
import { readSafetensorsHeader, type SafetensorsEntry } from './safetensors-header.ts'

/** A weight and the file that holds it. */
export type LocatedEntry = SafetensorsEntry & { readonly path: string }

const singleName = 'model.safetensors'
const indexName = 'model.safetensors.index.json'
const maxIndexBytes = 100_000_000
const jsonLimits = { depth: 4, values: 4_000_000 }

/** All weights of a Hugging Face folder, from one file or from all shards that its index names. */
export function locateSafetensors(folder: string): Map<string, LocatedEntry> {
  const index = join(folder, indexName)
  if (existsSync(index)) return locateShards(folder, index)
  const single = join(folder, singleName)
  if (!existsSync(single)) {
    throw new UserError(
      `${folder} has neither ${singleName} nor ${indexName}; weights in other formats must be converted to safetensors first`,
    )
  }
  return located(single)
}

function located(path: string): Map<string, LocatedEntry> {
  const entries = readSafetensorsHeader(path).tensors
  return new Map([...entries].map(([name, entry]) => [name, { ...entry, path }]))
}

function locateShards(folder: string, index: string): Map<string, LocatedEntry> {
  const weightMap = readWeightMap(index)
  const found = new Map<string, LocatedEntry>()
  for (const shard of new Set(weightMap.values())) {
    const path = join(folder, shard)
    if (!existsSync(path)) {
      throw new UserError(`${index} names the shard ${quoted(shard)}, which is not in the folder`)
    }
    for (const [name, entry] of located(path)) {
      if (weightMap.get(name) !== shard) {
        const claimed = weightMap.get(name)
        const where = claimed ? `says it is in ${quoted(claimed)}` : 'does not list it'
        throw new UserError(`${path} holds tensor ${quoted(name)}, but ${index} ${where}`)
      }
      found.set(name, entry)
    }
  }
  for (const [name, shard] of weightMap) {
    if (!found.has(name)) {
      throw new UserError(`${index} says that ${quoted(shard)} holds ${quoted(name)}; it does not`)
    }
  }
  return found
}

function readWeightMap(index: string): Map<string, string> {
  using file = ReadableFile.open(index)
  if (file.size > maxIndexBytes) throw new UserError(`${index} has ${file.size} bytes: too many`)
  const weightMap = parseJsonObject(file.read(0, file.size), index, jsonLimits)['weight_map']
  if (!isJsonObject(weightMap)) throw new UserError(`${index} must have a weight_map object`)
  const entries = Object.entries(weightMap).map(([name, shard]): [string, string] => {
    // A shard is a file beside the index: a path would let an index read anything.
    if (typeof shard !== 'string' || shard !== basename(shard) || shard === '..') {
      throw new UserError(
        `${index}: weight_map ${quoted(name)} must be the name of a file beside it`,
      )
    }
    return [name, shard]
  })
  if (entries.length === 0) throw new UserError(`${index} has an empty weight_map`)
  return new Map(entries)
}
