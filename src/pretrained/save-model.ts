// A model to disk in the form that its name asks for: `.gguf` makes a GGUF file, any other name a
// Hugging Face folder.

import { UserError } from '../base/errors.ts'
import { nearest } from '../base/nearest.ts'
import type { GgufTarget } from '../checkpoint/gguf-model-metadata.ts'
import { saveGguf } from '../checkpoint/save-gguf.ts'
import { saveHuggingFace } from '../checkpoint/save-hugging-face.ts'
import { mergedWeights } from '../model/adapter.ts'
import type { WeightDtype } from '../model/config.ts'
import { scope } from '../tensor/scope.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { companionFiles, companionMetadata } from './companion-files.ts'
import type { ModelSource } from './model-source.ts'
import { loadSource } from './pretrained.ts'

/** How weights are stored; Q8_0 in GGUF files only. */
export const storageTypes = ['float32', 'bfloat16', 'float16', 'q8_0'] as const

export type StorageType = (typeof storageTypes)[number]

const ggufTargets: Readonly<Record<StorageType, GgufTarget>> = {
  float32: 'F32',
  bfloat16: 'BF16',
  float16: 'F16',
  q8_0: 'Q8_0',
}
const shortNames = new Map<string, StorageType>([
  ['f32', 'float32'],
  ['bf16', 'bfloat16'],
  ['f16', 'float16'],
])

/** Reads a storage type as people write it, such as `bf16` or `Q8_0`; a UserError names the nearest. */
export function parseStorageType(text: string): StorageType {
  const wanted = text.toLowerCase()
  const type = shortNames.get(wanted) ?? storageTypes.find((candidate) => candidate === wanted)
  if (type) return type
  const near = nearest(wanted, storageTypes)
  throw new UserError(
    `there is no storage type ${JSON.stringify(text)}${near ? `; did you mean ${near}?` : ''} These are: ${storageTypes.join(', ')}`,
    2,
  )
}

export type ModelToWrite = {
  /** Where configuration, tokenizer and name come from. */
  readonly source: ModelSource
  /** By Hugging Face's names. */
  readonly weights: ReadonlyMap<string, Tensor>
}

/**
 * Writes the model atomically. A folder must not be there yet, or be empty; a GGUF file of that
 * name is replaced when the new one is whole.
 */
export function saveModel(out: string, model: ModelToWrite, type: StorageType): void {
  const { source, weights } = model
  const { config, name } = source
  if (out.endsWith('.gguf')) {
    const tokenizer = companionMetadata(source)
    saveGguf(out, { name, config, weights, tokenizer }, ggufTargets[type])
    return
  }
  saveHuggingFace(out, { config, weights, files: companionFiles(source) }, folderDtype(type))
}

function folderDtype(type: StorageType): WeightDtype {
  if (type !== 'q8_0') return type
  throw new UserError('q8_0 is a type of GGUF files; give the output a name that ends in .gguf', 2)
}

/**
 * Writes an opened model in another form, by default with the dtype that it is stored in. An adapter
 * is merged into the weights, in float32, before they are stored.
 */
export function convertModel(
  source: ModelSource,
  out: string,
  type: StorageType = source.config.dtype,
): void {
  if (!out.endsWith('.gguf')) folderDtype(type)
  // Loaded as what it is written as, weights that are stored so stay in the file's mapping.
  const dtype = type === 'q8_0' || source.adapter ? 'float32' : type
  using loaded = loadSource(source, { dtype })
  scope(() => {
    const { weights, adapter } = loaded
    saveModel(out, { source, weights: adapter ? mergedWeights(weights, adapter) : weights }, type)
  })
}
