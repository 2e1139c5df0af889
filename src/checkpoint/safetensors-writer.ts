// Writing safetensors, in one file or in shards with their index; every file atomically.

import { join } from 'node:path'
import { UserError } from '../base/errors.ts'
import { writeAtomically, writeJsonFile } from './atomic-file.ts'
import { elementCount } from './byte-ranges.ts'
import { type SafetensorsDtype, safetensorsDtypes } from './safetensors-header.ts'

/** A tensor to be written. `bytes` is asked for only when its turn comes, and once. */
export type SafetensorsSource = {
  readonly name: string
  readonly dtype: SafetensorsDtype
  readonly shape: readonly number[]
  readonly bytes: () => Uint8Array
}

/** Writes one file. The header is padded so that every tensor starts aligned to its dtype. */
export function writeSafetensors(path: string, sources: readonly SafetensorsSource[]): void {
  const ordered = [...sources].sort(
    (a, b) => safetensorsDtypes[b.dtype] - safetensorsDtypes[a.dtype] || (a.name < b.name ? -1 : 1),
  )
  const header = new Map<string, unknown>([['__metadata__', { format: 'pt' }]])
  let offset = 0
  for (const source of ordered) {
    const { name, dtype, shape } = source
    if (header.has(name)) throw new UserError(`cannot write two tensors named ${name}`)
    header.set(name, { dtype, shape, data_offsets: [offset, offset + sizeOf(source)] })
    offset += sizeOf(source)
  }
  const json = JSON.stringify(Object.fromEntries(header))
  const length = Math.ceil(Buffer.byteLength(json) / 8) * 8
  const head = Buffer.alloc(8 + length, ' ')
  head.writeBigUInt64LE(BigInt(length))
  head.write(json, 8)
  writeAtomically(path, (append) => {
    append(head)
    for (const source of ordered) append(checkedBytes(source))
  })
}

/**
 * Writes `model.safetensors` into the folder, or, where the weights have more than
 * `maxShardBytes` bytes, `model-00001-of-00003.safetensors` and so on with their index.
 */
export function writeSafetensorsFolder(
  folder: string,
  sources: readonly SafetensorsSource[],
  maxShardBytes = 5_000_000_000,
): void {
  const shards = planShards(sources, maxShardBytes)
  if (shards.length <= 1) {
    writeSafetensors(join(folder, 'model.safetensors'), sources)
    return
  }
  const number = (value: number) => String(value).padStart(5, '0')
  const weightMap = new Map<string, string>()
  shards.forEach((shard, index) => {
    const name = `model-${number(index + 1)}-of-${number(shards.length)}.safetensors`
    for (const source of shard) weightMap.set(source.name, name)
    writeSafetensors(join(folder, name), shard)
  })
  const total = sources.reduce((sum, source) => sum + sizeOf(source), 0)
  // Last, so that the index never names a shard that is not there yet.
  writeJsonFile(join(folder, 'model.safetensors.index.json'), {
    metadata: { total_size: total },
    weight_map: Object.fromEntries(weightMap),
  })
}

/** Consecutive tensors share a shard until the next would exceed the limit. */
function planShards(sources: readonly SafetensorsSource[], limit: number): SafetensorsSource[][] {
  const shards: SafetensorsSource[][] = []
  let room = 0
  for (const source of sources) {
    const bytes = sizeOf(source)
    const shard = shards.at(-1)
    if (shard && bytes <= room) shard.push(source)
    else {
      shards.push([source])
      room = limit
    }
    room -= bytes
  }
  return shards
}

function sizeOf({ dtype, shape }: SafetensorsSource): number {
  return (elementCount(shape) ?? 0) * safetensorsDtypes[dtype]
}

function checkedBytes(source: SafetensorsSource): Uint8Array {
  const bytes = source.bytes()
  if (bytes.byteLength !== sizeOf(source)) {
    throw new Error(
      `defect: ${source.name} gave ${bytes.byteLength} bytes instead of ${sizeOf(source)}`,
    )
  }
  return bytes
}
