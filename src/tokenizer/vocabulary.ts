// What each token id stands for: its bytes. Decoding, stop strings and viewers read this table and
// never ask the library.

import { bytesOfToken } from './byte-level.ts'
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

export function vocabularyOf(definition: TokenizerDefinition): Vocabulary {
  const bytes: Uint8Array[] = []
  for (const [token, id] of Object.entries(definition.model.vocab)) bytes[id] = bytesOfToken(token)
  for (const { id, content } of definition.added_tokens) {
    bytes[id] = new TextEncoder().encode(content)
  }
  const size = bytes.length
  const starts = new Uint32Array(size + 1)
  for (let id = 0; id < size; id++) {
    starts[id + 1] = (starts[id] ?? 0) + (bytes[id]?.length ?? 0)
  }
  const data = new Uint8Array(starts[size] ?? 0)
  bytes.forEach((token, id) => {
    data.set(token, starts[id])
  })
  return {
    size,
    starts,
    data,
    special: new Set(definition.added_tokens.filter((t) => t.special).map((t) => t.id)),
    added: new Map(definition.added_tokens.map((t) => [t.content, t.id])),
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
