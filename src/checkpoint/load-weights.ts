// Weights out of safetensors and GGUF files, mapped where they can be used as they lie.

import { UserError } from '../base/errors.ts'
import type { ModelConfig } from '../model/config.ts'
import { expectedWeights } from '../model/weights.ts'
import type { DType } from '../tensor/dtype.ts'
import { operatorOfNumber } from '../tensor/operator.ts'
import { scope } from '../tensor/scope.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { canDequantize, dequantize, type Placement } from './dequantize.ts'
import type { GgmlType } from './ggml-type.ts'
import type { GgufEntry, GgufHeader } from './gguf-header.ts'
import { huggingFaceName, ropeFactorsName } from './gguf-names.ts'
import { fromLlamaCppRows, permutedHeads } from './head-permutation.ts'
import { MappedFiles, placed } from './mapped-files.ts'
import { quoted } from './quoted.ts'
import { ReadableFile } from './readable-file.ts'
import type { LocatedEntry } from './safetensors-index.ts'
import { checkWeights } from './weight-check.ts'

const ggufFloats: Partial<Record<GgmlType, DType>> = {
  F32: 'float32',
  F16: 'float16',
  BF16: 'bfloat16',
}
const headName = 'lm_head.weight'
const embeddingName = 'model.embed_tokens.weight'
const sameNumbers = operatorOfNumber('aten::equal')

/**
 * The decoder's weights out of located safetensors entries, each under its Hugging Face name, in
 * the wanted dtype on the wanted device. On the CPU, weights that are stored in the wanted dtype
 * stay in the file's mapping. They belong to the caller or to its scope.
 */
export function loadSafetensors(
  entries: ReadonlyMap<string, LocatedEntry>,
  config: ModelConfig,
  placement: Placement,
  place: string,
): Map<string, Tensor> {
  checkWeights(shapesOf(entries), config, place)
  return scope(() => {
    using files = new MappedFiles()
    const load = (name: string, entry: LocatedEntry) => files.safetensor(name, entry, placement)
    return loadAll(entries, config, load, place)
  })
}

/** As loadSafetensors, out of a GGUF file: block formats are decoded, rows of q and k reordered. */
export function loadGguf(
  header: GgufHeader,
  config: ModelConfig,
  placement: Placement,
): Map<string, Tensor> {
  const entries = new Map<string, GgufEntry>()
  for (const [name, entry] of header.tensors) {
    if (name !== ropeFactorsName) entries.set(huggingFaceName(name) ?? name, entry)
  }
  checkWeights(shapesOf(entries), config, header.path)
  return scope(() => {
    using files = new MappedFiles()
    const load = (name: string, entry: GgufEntry) =>
      scope(() => {
        const numbers = ggufNumbers(files, header.path, entry, placement)
        const heads = permutedHeads(name, config)
        return heads === undefined ? numbers : fromLlamaCppRows(numbers, heads)
      })
    return loadAll(entries, config, load, header.path)
  })
}

function ggufNumbers(
  files: MappedFiles,
  path: string,
  entry: GgufEntry,
  placement: Placement,
): Tensor {
  const stored = ggufFloats[entry.type]
  if (stored) return placed(files.numbers(path, entry, stored), entry.shape, placement)
  if (!canDequantize(entry.type)) {
    throw new UserError(
      `${path}: tensor ${quoted(entry.name)} is stored as ${entry.type}, which is not supported; these are: F32, F16, BF16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q4_K, Q5_K, Q6_K`,
    )
  }
  return dequantize(files.bytes(path, entry), entry.type, entry.shape, placement)
}

/** The numbers that scale llama3's rotary frequencies, where a GGUF file has them. */
export function readRopeFactors(header: GgufHeader): readonly number[] | undefined {
  const entry = header.tensors.get(ropeFactorsName)
  if (!entry) return undefined
  if (entry.type !== 'F32' || entry.bytes > 1 << 16) {
    throw new UserError(`${header.path}: tensor "${ropeFactorsName}" must be a short list of F32`)
  }
  using file = ReadableFile.open(header.path)
  const bytes = file.read(entry.offset, entry.bytes)
  return Array.from({ length: entry.bytes / 4 }, (_, index) => bytes.readFloatLE(index * 4))
}

/** Loads what the model needs, in its order, and compares a superfluous head with the embedding. */
function loadAll<Entry>(
  entries: ReadonlyMap<string, Entry>,
  config: ModelConfig,
  load: (name: string, entry: Entry) => Tensor,
  place: string,
): Map<string, Tensor> {
  const weights = new Map<string, Tensor>()
  const find = (name: string) => {
    const entry = entries.get(name)
    if (!entry) throw new Error(`defect: ${name} passed the check but is missing`)
    return entry
  }
  for (const name of expectedWeights(config).keys()) weights.set(name, load(name, find(name)))
  const embedding = weights.get(embeddingName)
  if (config.tiedHead && entries.has(headName) && embedding) {
    scope(() => {
      if (sameNumbers(load(headName, find(headName)), embedding)) return
      throw new UserError(
        `${place}: the configuration ties the head to the embedding, but ${quoted(headName)} holds other numbers; set "tie_word_embeddings" to false`,
      )
    })
  }
  return weights
}

function shapesOf(
  entries: ReadonlyMap<string, { readonly shape: readonly number[] }>,
): Map<string, readonly number[]> {
  return new Map([...entries].map(([name, { shape }]) => [name, shape]))
}
