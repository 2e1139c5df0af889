// What each token id stands for: its bytes. Decoding, stop strings and viewers read this table and
// never ask the library.

import { writeTokenBytes } from './byte-level.ts'
import type { TokenizerDefinition } from './tokenizer-definition.ts'

/** All ids laid end to end: the bytes of id n are data[starts[n] ... starts[n + 1] - 1]. */
export interface Vocabulary {
  /** Highest id + 1. A model may have more rows than this; those ids have no text. */
  readonly size: number
  readonly starts: Uint32Array
  readonly data: Uint8Array
  /** Control tokens. */
  readonly special: ReadonlySet<number>
  /** Ids of the added tokens by their text: special ones, and tags such as <tool_call>. */
  readonly added: ReadonlyMap<string, number>
}

const noBytes = new Uint8Array(0)
const encoder = new TextEncoder()

export function vocabularyOf(definition: TokenizerDefinition): Vocabulary {
  const { added_tokens: added, model } = definition
  const contents = new Map(added.map((token) => [token.id, token.content]))
  const tokens: string[] = []
  for (const [token, id] of Object.entries(model.vocab)) tokens[id] = token
  for (const [id, content] of contents) tokens[id] = content
  const starts = new Uint32Array(tokens.length + 1)
  const units = tokens.reduce((sum, token) => sum + token.length, 0)
  const data = new Uint8Array(3 * units)
  let end = 0
  for (let id = 0; id < tokens.length; id++) {
    const target = data.subarray(end)
    const content = contents.get(id)
    end +=
      content === undefined
        ? writeTokenBytes(tokens[id] ?? '', target)
        : encoder.encodeInto(content, target).written
    starts[id + 1] = end
  }
  return {
    size: tokens.length,
    starts,
    data: data.slice(0, end),
    special: new Set(added.flatMap((token) => (token.special ? token.id : []))),
    added: new Map(added.map((token) => [token.content, token.id])),
  }
}

/** The bytes of a token; none for an id outside the vocabulary. A view: do not write into it. */
export function tokenBytes(vocabulary: Vocabulary, id: number): Uint8Array {
  if (!Number.isInteger(id) || id < 0 || id >= vocabulary.size) return noBytes
  return vocabulary.data.subarray(vocabulary.starts[id], vocabulary.starts[id + 1])
}

/** The bytes of many tokens, end to end. */
export function bytesOfTokens(vocabulary: Vocabulary, ids: readonly number[]): Uint8Array {
  const parts = ids.map((id) => tokenBytes(vocabulary, id))
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let position = 0
  for (const part of parts) {
    joined.set(part, position)
    position += part.length
  }
  return joined
}
