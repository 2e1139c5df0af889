// What lies beside the weights in a Hugging Face folder: tokenizer, templates, generation settings.
// A folder's own files go along unchanged; for a GGUF file they are composed.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { typedMetadata } from '../checkpoint/gguf-plain.ts'
import type { GgufMetadata } from '../checkpoint/gguf-value.ts'
import { ggufTokenizerMetadata } from '../tokenizer/gguf-tokenizer-metadata.ts'
import type { TokenizerDefinition } from '../tokenizer/tokenizer-definition.ts'
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
  return source.metadata ? composedFiles(source) : ownFiles(source.path)
}

function ownFiles(folder: string): Map<string, Uint8Array> {
  const templates = join(folder, templateFolder)
  const more = existsSync(templates)
    ? readdirSync(templates).map((name) => join(templateFolder, name))
    : []
  const names = [...copied, ...more].filter((name) => existsSync(join(folder, name)))
  return new Map(names.map((name) => [name, readFileSync(join(folder, name))]))
}

function composedFiles({ tokenizer, config }: ModelSource): Map<string, string> {
  const { definition, special, chatTemplates } = tokenizer
  const text = textsById(definition)
  const named = (key: string, id: number | null) =>
    id === null || text(id) === undefined ? [] : [[key, text(id)]]
  const settings = {
    tokenizer_class: 'PreTrainedTokenizerFast',
    clean_up_tokenization_spaces: false,
    model_max_length: config.contextLength,
    ...Object.fromEntries([
      ...named('bos_token', special.bos),
      ...named('eos_token', special.eos),
      ...named('pad_token', special.pad),
    ]),
  }
  const generation = {
    bos_token_id: config.bosToken,
    eos_token_id: special.endOfTurn.length > 1 ? special.endOfTurn : special.eos,
    pad_token_id: special.pad,
  }
  const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`
  const files = new Map([
    ['tokenizer.json', json(withAddedTokens(definition, text))],
    ['tokenizer_config.json', json(settings)],
    ['generation_config.json', json(generation)],
  ])
  for (const [name, template] of Object.entries(chatTemplates)) {
    files.set(
      name === 'default' ? 'chat_template.jinja' : `${templateFolder}/${name}.jinja`,
      template,
    )
  }
  return files
}

/** The library numbers added tokens anew unless the vocabulary has them: here it does, by id. */
function withAddedTokens(
  definition: TokenizerDefinition,
  text: (id: number) => string | undefined,
): TokenizerDefinition {
  const { model, added_tokens } = definition
  const ids = [...Object.values(model.vocab), ...added_tokens.map(({ id }) => id)]
  const sorted = [...new Set(ids)].sort((a, b) => a - b)
  const vocab = Object.fromEntries(sorted.map((id) => [text(id) ?? '', id]))
  return { ...definition, model: { ...model, vocab } }
}

function textsById(definition: TokenizerDefinition): (id: number) => string | undefined {
  const texts = new Map<number, string>()
  for (const [text, id] of Object.entries(definition.model.vocab)) texts.set(id, text)
  for (const { id, content } of definition.added_tokens) texts.set(id, content)
  return (id) => texts.get(id)
}

/** The metadata `tokenizer.*` for a GGUF file: a GGUF file's own, else made from the tokenizer. */
export function companionMetadata(source: ModelSource): GgufMetadata {
  const { metadata, tokenizer, config } = source
  if (!metadata) return typedMetadata(ggufTokenizerMetadata(tokenizer, config.vocabularySize))
  return new Map([...metadata].filter(([key]) => key.startsWith('tokenizer.')))
}
