// Text to token ids and back, equal to the reference to the last id. Encoding is the official Rust
// library's (asynchronous, on a thread of its own); decoding is ours, from the vocabulary's bytes.

import { Tokenizer as Library } from 'tokenizers'
import { UserError } from '../base/errors.ts'
import { checkVocabulary } from './check-vocabulary.ts'
import { type SpecialTokens, specialTokens } from './special-tokens.ts'
import type { TokenizerDefinition } from './tokenizer-definition.ts'
import { textOf } from './utf8.ts'
import { bytesOfTokens, type Vocabulary, vocabularyOf } from './vocabulary.ts'

/** Text to token ids and back, as the model was trained with. */
export interface Tokenizer {
  readonly vocabulary: Vocabulary
  readonly special: SpecialTokens
  readonly chatTemplates: ChatTemplates
  /** What it was made from; kept so that weights can be saved with their tokenizer. */
  readonly definition: TokenizerDefinition
  /**
   * Ids of text that we wrote ourselves (templates): the spelling of a special token becomes that
   * token. `addSpecialTokens` puts what the model wants around a bare text (Llama 3: its bos).
   */
  encode(text: string, options?: { readonly addSpecialTokens?: boolean }): Promise<number[]>
  /** Ids of text from outside (questions, tool outputs): no added token can come of it. */
  encodeOutside(text: string): Promise<number[]>
  /** Bytes that are no UTF-8 become U+FFFD; ids outside the vocabulary have no text. */
  decode(ids: readonly number[], options?: { readonly skipSpecial?: boolean }): string
}

/** The model's own chat templates by name; most have `default` alone, some `tool_use` beside it. */
export type ChatTemplates = Readonly<Record<string, string>>

/** What a folder or a GGUF file says beside the definition. */
export interface TokenizerSettings {
  readonly special: SpecialTokens
  readonly chatTemplates: ChatTemplates
}

/** `place` names the file in errors about it. */
export function createTokenizer(
  definition: TokenizerDefinition,
  settings: TokenizerSettings,
  place: string,
): Tokenizer {
  checkVocabulary(definition, place)
  const vocabulary = vocabularyOf(definition)
  const trusted = libraryOf(definition, place)
  // Made when first needed: it costs as much time and memory as the other.
  let outside: Library | undefined
  return {
    vocabulary,
    special: specialTokens(settings.special, vocabulary),
    chatTemplates: settings.chatTemplates,
    definition,
    async encode(text, options = {}) {
      const addSpecialTokens = options.addSpecialTokens ?? false
      return (await trusted.encode(text, null, { addSpecialTokens })).getIds()
    },
    async encodeOutside(text) {
      outside ??= libraryOf(withoutAddedTokens(definition), place)
      return (await outside.encode(text, null, { addSpecialTokens: false })).getIds()
    },
    decode(ids, options = {}) {
      const kept = options.skipSpecial ? ids.filter((id) => !vocabulary.special.has(id)) : ids
      return textOf(bytesOfTokens(vocabulary, kept))
    },
  }
}

function libraryOf(definition: TokenizerDefinition, place: string): Library {
  const { model } = definition
  // The library numbers added tokens itself unless the vocabulary has them.
  const missing = definition.added_tokens.filter(
    ({ content }) => !Object.hasOwn(model.vocab, content),
  )
  const added = Object.fromEntries(missing.map(({ content, id }) => [content, id]))
  const vocab = missing.length === 0 ? model.vocab : { ...model.vocab, ...added }
  const file = { ...definition, truncation: null, padding: null, model: { ...model, vocab } }
  try {
    return Library.fromString(JSON.stringify(file))
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new UserError(`${place}: the tokenizer cannot be built: ${why}`)
  }
}

/**
 * The same tokenizer without its added tokens, not even as vocabulary entries: a vocabulary that is
 * asked for whole words before its merges (Llama 3) would find them there. Entries that merges make
 * or need stay: they are ordinary text.
 */
function withoutAddedTokens(definition: TokenizerDefinition): TokenizerDefinition {
  const { model } = definition
  const merged = new Set(
    model.merges.flatMap((merge) => {
      const [left, right] = typeof merge === 'string' ? merge.split(' ') : merge
      return [left, right, `${left}${right}`]
    }),
  )
  const vocab = { ...model.vocab }
  for (const { content } of definition.added_tokens) {
    const isNeeded = merged.has(content) || content === model.unk_token || content.length === 1
    if (!isNeeded) delete vocab[content]
  }
  return { ...definition, added_tokens: [], post_processor: null, model: { ...model, vocab } }
}
