// What lies beside the weights in a Hugging Face folder: tokenizer, templates, generation settings.
// A folder's own files go along unchanged; for a GGUF file they are composed.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { typedMetadata } from '../checkpoint/gguf-plain.ts'
import type { GgufMetadata } from '../checkpoint/gguf-value.ts'
import { ggufTokenizerMetadata } from '../tokenizer/gguf-tokenizer-metadata.ts'
import { tokenizerFiles } from '../tokenizer/tokenizer-files.ts'
import type { ModelSource } from './model-source.ts'

const copied = [
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'added_tokens.json',
  'vocab.json',
  'merges.txt',
  'chat_template.jinja',
  'chat_template.json',
  'generation_config.json',
]
const templateFolder = 'additional_chat_templates'

/** Name -> content of the files that belong beside config.json and the weights. */
export function companionFiles(source: ModelSource): Map<string, string | Uint8Array> {
  return source.metadata
    ? new Map(Object.entries(tokenizerFiles(source.tokenizer)))
    : ownFiles(source.path)
}

function ownFiles(folder: string): Map<string, Uint8Array> {
  const templates = join(folder, templateFolder)
  const more = existsSync(templates)
    ? readdirSync(templates).map((name) => join(templateFolder, name))
    : []
  const names = [...copied, ...more].filter((name) => existsSync(join(folder, name)))
  return new Map(names.map((name) => [name, readFileSync(join(folder, name))]))
}

/** The metadata `tokenizer.*` for a GGUF file: a GGUF file's own, else made from the tokenizer. */
export function companionMetadata(source: ModelSource): GgufMetadata {
  const { metadata, tokenizer, config } = source
  if (!metadata) return typedMetadata(ggufTokenizerMetadata(tokenizer, config.vocabularySize))
  return new Map([...metadata].filter(([key]) => key.startsWith('tokenizer.')))
}
