// A model on this machine, opened but not loaded: its configuration and tokenizer are read and
// checked, its weights are known by name and place.

import { existsSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { UserError } from '../base/errors.ts'
import { ggufConfig } from '../checkpoint/gguf-config.ts'
import { readGgufHeader } from '../checkpoint/gguf-header.ts'
import { plainMetadata } from '../checkpoint/gguf-plain.ts'
import type { GgufMetadata } from '../checkpoint/gguf-value.ts'
import { readHuggingFaceConfig } from '../checkpoint/hugging-face-config.ts'
import { loadGguf, loadSafetensors, readRopeFactors } from '../checkpoint/load-weights.ts'
import { locateSafetensors } from '../checkpoint/safetensors-index.ts'
import type { StoredAdapter } from '../checkpoint/stored-adapter.ts'
import type { ModelConfig } from '../model/config.ts'
import type { DType } from '../tensor/dtype.ts'
import type { Device, Tensor } from '../tensor/tensor.ts'
import { ggufTokenizer } from '../tokenizer/gguf-tokenizer.ts'
import { loadTokenizer } from '../tokenizer/load-tokenizer.ts'
import type { Tokenizer } from '../tokenizer/tokenizer.ts'
import { type GenerationDefaults, generationDefaults } from './generation-defaults.ts'

export type Placement = { readonly dtype: DType; readonly device: Device }

export type ModelSource = {
  /** The reference that led here, as the person wrote it. */
  readonly reference: string
  /** For people: the folder's or file's name. */
  readonly name: string
  /** Where the model lies: a folder, or a GGUF file. */
  readonly path: string
  readonly config: ModelConfig
  readonly tokenizer: Tokenizer
  readonly generation: GenerationDefaults
  /** A GGUF file's metadata, else undefined. */
  readonly metadata?: GgufMetadata
  /** An adapter that belongs beside the weights, checked against the configuration. */
  readonly adapter?: StoredAdapter
  /** The weights by Hugging Face's names; they belong to the caller or to its scope. */
  readonly loadWeights: (placement: Placement) => Map<string, Tensor>
}

/** Opens a Hugging Face folder. */
export function folderSource(folder: string, reference = folder): ModelSource {
  const path = resolve(folder)
  const configPath = join(path, 'config.json')
  if (!existsSync(configPath)) {
    throw new UserError(`${folder} is no model: it has no config.json`, 2)
  }
  const config = readHuggingFaceConfig(configPath)
  const tokenizer = loadTokenizer(path)
  checkVocabulary(tokenizer, config, path)
  return {
    reference,
    name: basename(path),
    path,
    config,
    tokenizer,
    generation: generationDefaults(path),
    loadWeights: (placement) => loadSafetensors(locateSafetensors(path), config, placement, path),
  }
}

/** Opens a GGUF file; tokenizer and chat template come out of its metadata. */
export function ggufSource(file: string, reference = file): ModelSource {
  const path = resolve(file)
  const header = readGgufHeader(path)
  const config = ggufConfig(header, readRopeFactors(header))
  const tokenizer = ggufTokenizer(plainMetadata(header.metadata), path)
  checkVocabulary(tokenizer, config, path)
  return {
    reference,
    name: basename(path, '.gguf'),
    path,
    config,
    tokenizer,
    generation: {},
    metadata: header.metadata,
    loadWeights: (placement) => loadGguf(header, config, placement),
  }
}

/** A token without a row in the embedding would be read from foreign memory, or crash. */
function checkVocabulary(tokenizer: Tokenizer, config: ModelConfig, path: string): void {
  const rows = config.vocabularySize
  const size = tokenizer.vocabulary.size
  if (size > rows) {
    throw new UserError(
      `${path}: the tokenizer has ${size} tokens, but the model's embedding only ${rows} rows`,
    )
  }
}
