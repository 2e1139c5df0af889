// A model as one GGUF file that llama.cpp loads: matrices in the wanted type, vectors in F32, rows
// of q and k in llama.cpp's order.

import { UserError } from '../base/errors.ts'
import type { ModelConfig } from '../model/config.ts'
import { scope } from '../tensor/scope.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { detach, toDevice } from '../tensor/transfer.ts'
import { type GgufTarget, ggufModelMetadata } from './gguf-model-metadata.ts'
import { endKeys, ggufName, ropeFactorsName } from './gguf-names.ts'
import type { GgufMetadata } from './gguf-value.ts'
import { type GgufSource, writeGguf } from './gguf-writer.ts'
import { permutedHeads, toLlamaCppRows } from './head-permutation.ts'
import { llama3Factors } from './llama3-factors.ts'
import { quantizeQ8 } from './quantize.ts'
import { tensorBytes } from './tensor-bytes.ts'
import { checkWeights } from './weight-check.ts'

const blockOfQ8 = 32
const bosKey = 'tokenizer.ggml.bos_token_id'
const dtypes = { F32: 'float32', F16: 'float16', BF16: 'bfloat16' } as const

export type GgufModel = {
  /** For people: `general.name`. */
  readonly name: string
  readonly config: ModelConfig
  readonly weights: ReadonlyMap<string, Tensor>
  /** The keys `tokenizer.*`. */
  readonly tokenizer: GgufMetadata
}

/** Writes the file atomically. Q8_0 asks for rows that divide by 32: a UserError names others. */
export function saveGguf(path: string, model: GgufModel, target: GgufTarget): void {
  const { name, config, weights, tokenizer } = model
  const shapes = new Map([...weights].map(([key, tensor]) => [key, tensor.shape]))
  checkWeights(shapes, config, 'the model to be saved')
  const metadata = new Map([
    ...ggufModelMetadata(config, name, target),
    ...withConfiguredTokens(tokenizer, config),
  ])
  const sources = [...weights].map(([key, tensor]) => source(key, tensor, config, target))
  writeGguf(path, metadata, [...ropeFactors(config), ...sources])
}

/**
 * The tokenizer's metadata with the configuration's bos and end tokens where it names others: a
 * file has three places for end tokens.
 */
function withConfiguredTokens(tokenizer: GgufMetadata, config: ModelConfig): GgufMetadata {
  const metadata = new Map(tokenizer)
  const set = (key: string, value: number) => metadata.set(key, { kind: 'uint32', value })
  if (config.bosToken !== null && !metadata.has(bosKey)) set(bosKey, config.bosToken)
  for (const token of config.eosTokens) {
    const isNamed = endKeys.some((key) => tokenAt(metadata, key) === token)
    const free = endKeys.find((key) => !metadata.has(key))
    if (!isNamed && free) set(free, token)
  }
  return metadata
}

function source(name: string, tensor: Tensor, config: ModelConfig, target: GgufTarget): GgufSource {
  const stored = ggufName(name)
  if (!stored) throw new Error(`defect: llama.cpp has no name for ${name}`)
  const { shape } = tensor
  const type = shape.length > 1 ? target : 'F32'
  if (type === 'Q8_0' && (shape.at(-1) ?? 0) % blockOfQ8 !== 0) {
    throw new UserError(
      `${name} has rows of ${shape.at(-1)}, which do not divide into Q8_0 blocks of ${blockOfQ8}; choose F16, BF16 or F32`,
    )
  }
  const heads = permutedHeads(name, config)
  const bytes = () =>
    scope(() => {
      const plain = toDevice(detach(tensor), 'cpu')
      const ordered = heads === undefined ? plain : toLlamaCppRows(plain, heads)
      return type === 'Q8_0' ? tensorBytes(quantizeQ8(ordered)) : tensorBytes(ordered, dtypes[type])
    })
  return { name: stored, type, shape, bytes }
}

function ropeFactors({ rope, headSize }: ModelConfig): GgufSource[] {
  if (rope.scaling.kind !== 'llama3') return []
  const factors = Float32Array.from(llama3Factors(rope.scaling, { theta: rope.theta, headSize }))
  const bytes = () => new Uint8Array(factors.buffer)
  return [{ name: ropeFactorsName, type: 'F32', shape: [factors.length], bytes }]
}

function tokenAt(metadata: GgufMetadata, key: string): number | undefined {
  const stored = metadata.get(key)
  return stored && stored.kind !== 'array' ? Number(stored.value) : undefined
}
