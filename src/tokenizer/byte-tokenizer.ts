// A tokenizer without learning: one token a byte, and the ChatML tokens. For tests and for models
// that are made from nothing.

import { byteToCharacter } from './byte-level.ts'
import { createTokenizer, type Tokenizer } from './tokenizer.ts'
import { addedToken } from './tokenizer-definition.ts'

/** Ids 0 to 255 are the bytes; then <|endoftext|>, <|im_start|>, <|im_end|>. */
export function byteTokenizer(): Tokenizer {
  const added = ['<|endoftext|>', '<|im_start|>', '<|im_end|>'].map((content, index) =>
    addedToken(256 + index, content, { special: true }),
  )
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true }
  const definition = {
    version: '1.0',
    added_tokens: added,
    normalizer: null,
    pre_tokenizer: { ...byteLevel, use_regex: true },
    post_processor: null,
    decoder: { ...byteLevel, use_regex: true },
    model: {
      type: 'BPE' as const,
      vocab: Object.fromEntries(byteToCharacter.map((character, byte) => [character, byte])),
      merges: [],
      unk_token: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
    },
  }
  const special = { bos: 257, eos: 258, pad: 256, endOfTurn: [] }
  return createTokenizer(definition, { special, chatTemplates: {} }, 'the byte tokenizer')
}
