// The parts of tokenizer.json that we read ourselves, checked once; the rest goes to the library as
// it is. A GGUF file's tokenizer is composed into the same form.

import { UserError } from '../base/errors.ts'

/** A piece of text that is a token of its own, cut out before anything else. */
export interface AddedToken {
  readonly id: number
  readonly content: string
  readonly single_word: boolean
  readonly lstrip: boolean
  readonly rstrip: boolean
  readonly normalized: boolean
  /** Control tokens: left out of decoded text on request. */
  readonly special: boolean
}

export interface TokenizerDefinition {
  readonly version: string
  readonly added_tokens: readonly AddedToken[]
  readonly normalizer: unknown
  readonly pre_tokenizer: unknown
  readonly post_processor: unknown
  readonly decoder: unknown
  readonly model: {
    readonly type: 'BPE'
    readonly vocab: Readonly<Record<string, number>>
    readonly merges: readonly (string | readonly [string, string])[]
    readonly unk_token: string | null
    readonly fuse_unk: boolean
    readonly byte_fallback: boolean
    readonly ignore_merges: boolean
  }
}

/** More ids than any tokenizer has; bounds what a lying file can make us allocate. */
export const maxVocabulary = 4_000_000

/**
 * Reads tokenizer.json. `place` (a path, or what stands for it) begins every message. Refuses by
 * name what is not byte-level BPE: decoding and the outside encoder would be wrong.
 */
export function parseTokenizerDefinition(text: string, place: string): TokenizerDefinition {
  const file = parseRecord(text, place)
  const model = parseModel(file['model'], place)
  if (!isByteLevel(file['decoder'])) {
    throw new UserError(
      `${place}: decoder ${nameOf(file['decoder'])} is not supported; expected ByteLevel ` +
        '(the GPT-2 kind, as in SmolLM2, Qwen and Llama 3)',
    )
  }
  return {
    version: '1.0',
    added_tokens: parseAddedTokens(file['added_tokens'] ?? [], place),
    normalizer: file['normalizer'] ?? null,
    pre_tokenizer: file['pre_tokenizer'] ?? null,
    post_processor: file['post_processor'] ?? null,
    decoder: file['decoder'],
    model,
  }
}

/** The BPE model with the keys that we know; others that would change the ids are refused. */
function parseModel(model: unknown, place: string): TokenizerDefinition['model'] {
  if (!isRecord(model)) throw new UserError(`${place}: no "model"; is this a tokenizer.json?`)
  const { vocab, merges, unk_token: unknown } = model
  const type = model['type'] ?? (Array.isArray(merges) ? 'BPE' : 'unnamed')
  if (type !== 'BPE') {
    throw new UserError(`${place}: model type ${String(type)} is not supported; expected BPE`)
  }
  if (!isRecord(vocab) || !Array.isArray(merges)) {
    throw new UserError(`${place}: "model" lacks "vocab" or "merges"`)
  }
  for (const key of ['dropout', 'continuing_subword_prefix', 'end_of_word_suffix']) {
    const value = model[key]
    if (value !== undefined && value !== null && value !== '' && value !== 0) {
      throw new UserError(`${place}: model.${key} is ${JSON.stringify(value)}; not supported`)
    }
  }
  return {
    type,
    // Its values and the merges are looked at in checkVocabulary.
    vocab: vocab as Readonly<Record<string, number>>,
    merges,
    unk_token: typeof unknown === 'string' ? unknown : null,
    fuse_unk: model['fuse_unk'] === true,
    byte_fallback: model['byte_fallback'] === true,
    ignore_merges: model['ignore_merges'] === true,
  }
}

function parseAddedTokens(value: unknown, place: string): AddedToken[] {
  if (!Array.isArray(value)) throw new UserError(`${place}: "added_tokens" is not a list`)
  return value.map((entry: unknown, index) => {
    const token = isRecord(entry) ? entry : {}
    const { id, content } = token
    if (!Number.isInteger(id) || Number(id) < 0 || Number(id) >= maxVocabulary) {
      throw new UserError(`${place}: added_tokens[${index}].id is ${String(id)}`)
    }
    if (typeof content !== 'string' || content === '') {
      throw new UserError(`${place}: added_tokens[${index}].content is not a text`)
    }
    return addedToken(Number(id), content, token)
  })
}

/** An added token with the flags of `flags`; what is not said is false. */
export function addedToken(
  id: number,
  content: string,
  flags: Readonly<Record<string, unknown>>,
): AddedToken {
  return {
    id,
    content,
    single_word: flags['single_word'] === true,
    lstrip: flags['lstrip'] === true,
    rstrip: flags['rstrip'] === true,
    normalized: flags['normalized'] === true,
    special: flags['special'] === true,
  }
}

/** The record that a JSON text spells. */
export function parseRecord(text: string, place: string): Readonly<Record<string, unknown>> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new UserError(`${place}: not JSON: ${error instanceof Error ? error.message : error}`)
  }
  if (!isRecord(value)) throw new UserError(`${place}: expected a JSON object`)
  return value
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** True where the decoder is ByteLevel, alone or as the only member of a sequence. */
function isByteLevel(decoder: unknown): boolean {
  if (!isRecord(decoder)) return false
  if (decoder['type'] === 'ByteLevel') return true
  const members = decoder['decoders']
  return Array.isArray(members) && members.length === 1 && isByteLevel(members[0])
}

function nameOf(value: unknown): string {
  return isRecord(value) ? String(value['type']) : String(value)
}
