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
    readonly unk_token?: string | null
    readonly ignore_merges?: boolean
  }
}

/** More ids than any tokenizer has; bounds what a lying file can make us allocate. */
const maxVocabulary = 4_000_000

/**
 * Reads tokenizer.json. `place` (a path, or what stands for it) begins every message. Refuses by
 * name what is not byte-level BPE: decoding and the outside encoder would be wrong.
 */
export function parseTokenizerDefinition(text: string, place: string): TokenizerDefinition {
  const file = parseRecord(text, place)
  const model = file['model']
  if (!isRecord(model)) throw new UserError(`${place}: no "model"; is this a tokenizer.json?`)
  const type = model['type'] ?? (Array.isArray(model['merges']) ? 'BPE' : 'unnamed')
  if (type !== 'BPE') {
    throw new UserError(`${place}: model type ${String(type)} is not supported; expected BPE`)
  }
  if (!isRecord(model['vocab']) || !Array.isArray(model['merges'])) {
    throw new UserError(`${place}: "model" lacks "vocab" or "merges"`)
  }
  if (!isByteLevel(file['decoder'])) {
    throw new UserError(
      `${place}: decoder ${nameOf(file['decoder'])} is not supported; expected ByteLevel ` +
        '(the GPT-2 kind, as in SmolLM2, Qwen and Llama 3)',
    )
  }
  const definition = {
    version: '1.0',
    added_tokens: parseAddedTokens(file['added_tokens'] ?? [], place),
    normalizer: file['normalizer'] ?? null,
    pre_tokenizer: file['pre_tokenizer'] ?? null,
    post_processor: file['post_processor'] ?? null,
    decoder: file['decoder'],
    model: { ...model, type } as unknown as TokenizerDefinition['model'],
  }
  checkVocabulary(definition, place)
  return definition
}

/** Every id is a whole number, has one token, and no merge spells a special token. */
export function checkVocabulary(definition: TokenizerDefinition, place: string): void {
  const owners = new Map<number, string>()
  for (const [token, id] of Object.entries(definition.model.vocab)) {
    if (!Number.isInteger(id) || id < 0 || id >= maxVocabulary) {
      throw new UserError(`${place}: token ${JSON.stringify(token)} has id ${String(id)}`)
    }
    const other = owners.get(id)
    if (other !== undefined) {
      throw new UserError(
        `${place}: ${JSON.stringify(other)} and ${JSON.stringify(token)}: id ${id}`,
      )
    }
    owners.set(id, token)
  }
  for (const { id, content } of definition.added_tokens) {
    const other = owners.get(id)
    if (other !== undefined && other !== content) {
      throw new UserError(
        `${place}: ${JSON.stringify(other)} and ${JSON.stringify(content)}: id ${id}`,
      )
    }
  }
  const special = new Set(
    definition.added_tokens.filter((token) => token.special).map((token) => token.content),
  )
  for (const merge of definition.model.merges) {
    const spelled = typeof merge === 'string' ? merge.replace(' ', '') : merge.join('')
    if (special.has(spelled)) {
      throw new UserError(
        `${place}: a merge spells the special token ${JSON.stringify(spelled)}, so that any text ` +
          'could become it',
      )
    }
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
