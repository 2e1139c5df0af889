// A tokenizer out of a GGUF file's metadata (`tokenizer.ggml.*`), composed into the same definition
// as a tokenizer.json.

import { UserError } from '../base/errors.ts'
import { nearest } from '../base/nearest.ts'
import { type PreTokenizer, preTokenizers } from './pre-tokenizers.ts'
import { type ChatTemplates, createTokenizer, type Tokenizer } from './tokenizer.ts'
import { addedToken, type TokenizerDefinition } from './tokenizer-definition.ts'

/** The key-value part of a GGUF header. */
export type GgufMetadata = Readonly<Record<string, unknown>>

/** `tokenizer.ggml.token_type`; 5 marks padding rows, 6 the bytes of SentencePiece models. */
export const ggufTokenType = { normal: 1, unknown: 2, control: 3, userDefined: 4, unused: 5 }

/** `place` (the file's path) begins every message. */
export function ggufTokenizer(metadata: GgufMetadata, place: string): Tokenizer {
  const kind = metadata['tokenizer.ggml.model']
  if (kind !== 'gpt2') {
    throw new UserError(
      `${place}: tokenizer.ggml.model is ${JSON.stringify(kind) ?? 'missing'}; only "gpt2" ` +
        '(byte-level BPE) is supported',
    )
  }
  const rule = preTokenizerOf(metadata, place)
  const tokens = texts(metadata, 'tokenizer.ggml.tokens', place)
  const id = (name: string) => idIn(metadata, name, tokens.length, place)
  const bos = id('bos')
  const addBos = metadata['tokenizer.ggml.add_bos_token'] ?? rule.addBos
  const definition: TokenizerDefinition = {
    version: '1.0',
    ...tokensIn(metadata, tokens, rule, place),
    normalizer: rule.normalizer,
    pre_tokenizer: rule.pre_tokenizer,
    post_processor: addBos === true && bos !== null ? beginWith(tokens[bos] ?? '', bos) : null,
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
  }
  const endOfTurn = [id('eot'), id('eom')].filter((end) => end !== null)
  const special = { bos, eos: id('eos'), pad: id('padding'), endOfTurn }
  return createTokenizer(definition, { special, chatTemplates: templatesOf(metadata) }, place)
}

function preTokenizerOf(metadata: GgufMetadata, place: string): PreTokenizer {
  const name = metadata['tokenizer.ggml.pre']
  const known = [...preTokenizers.keys()]
  if (typeof name !== 'string') {
    throw new UserError(
      `${place}: no tokenizer.ggml.pre, so that nobody knows how text is cut; convert the model ` +
        `again with a newer converter (known are ${known.join(', ')})`,
    )
  }
  const rule = preTokenizers.get(name)
  if (rule) return rule
  const near = nearest(name, known)
  throw new UserError(
    `${place}: tokenizer.ggml.pre "${name}" is not supported${near ? ` (near: ${near})` : ''}; ` +
      `known are ${known.join(', ')}`,
  )
}

/** The vocabulary and the added tokens, told apart by their type; unused rows are in neither. */
function tokensIn(
  metadata: GgufMetadata,
  tokens: readonly string[],
  rule: PreTokenizer,
  place: string,
): Pick<TokenizerDefinition, 'added_tokens' | 'model'> {
  const types = typesOf(metadata, tokens.length, place)
  const ofType = (...wanted: number[]) =>
    tokens.flatMap((token, id) => (wanted.includes(types[id] ?? 0) ? [{ token, id }] : []))
  const normal = ofType(ggufTokenType.normal)
  const vocab = Object.fromEntries(normal.map(({ token, id }) => [token, id]))
  if (Object.keys(vocab).length !== normal.length) {
    const twice = normal.find(({ token, id }) => vocab[token] !== id)
    throw new UserError(`${place}: token ${JSON.stringify(twice?.token)} is there twice`)
  }
  const control = ofType(ggufTokenType.control, ggufTokenType.unknown)
  const added = [
    ...control.map(({ token, id }) => addedToken(id, token, { special: true })),
    ...ofType(ggufTokenType.userDefined).map(({ token, id }) => addedToken(id, token, {})),
  ]
  return {
    added_tokens: added.sort((a, b) => a.id - b.id),
    model: {
      type: 'BPE',
      vocab,
      merges: texts(metadata, 'tokenizer.ggml.merges', place),
      unk_token: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: rule.ignoreMerges,
    },
  }
}

/** What tokenizer.json says where a text begins with a token. */
function beginWith(token: string, id: number): unknown {
  const bos = (type: number) => ({ SpecialToken: { id: token, type_id: type } })
  const text = (name: string, type: number) => ({ Sequence: { id: name, type_id: type } })
  return {
    type: 'TemplateProcessing',
    single: [bos(0), text('A', 0)],
    pair: [bos(0), text('A', 0), bos(1), text('B', 1)],
    special_tokens: { [token]: { id: token, ids: [id], tokens: [token] } },
  }
}

/** `tokenizer.ggml.<name>_token_id`, or null; must be an id of the file's own vocabulary. */
function idIn(metadata: GgufMetadata, name: string, count: number, place: string): number | null {
  const key = `tokenizer.ggml.${name}_token_id`
  const value = metadata[key]
  if (value === undefined || value === null) return null
  const id = Number(value)
  if (!(Number.isInteger(id) && id >= 0 && id < count)) {
    throw new UserError(`${place}: ${key} is ${String(value)}, of ${count} tokens`)
  }
  return id
}

function texts(metadata: GgufMetadata, key: string, place: string): readonly string[] {
  const value = metadata[key]
  if (!Array.isArray(value) || !value.every((entry) => typeof entry === 'string')) {
    throw new UserError(`${place}: ${key} is not a list of texts`)
  }
  return value
}

function typesOf(metadata: GgufMetadata, count: number, place: string): readonly number[] {
  const key = 'tokenizer.ggml.token_type'
  const value = metadata[key]
  if (!Array.isArray(value) || value.length !== count) {
    throw new UserError(`${place}: ${key} is not a list of ${count} numbers, one for each token`)
  }
  return value.map(Number)
}

function templatesOf(metadata: GgufMetadata): ChatTemplates {
  const templates: Record<string, string> = {}
  for (const [key, value] of Object.entries(metadata)) {
    const match = /^tokenizer\.chat_template(?:\.(.+))?$/.exec(key)
    if (match && typeof value === 'string') templates[match[1] ?? 'default'] = value
  }
  return templates
}
