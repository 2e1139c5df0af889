// An engine that reads and writes the tokens of a tokenizer.

import { Engine, type EngineOptions } from '../generate/engine.ts'
import type { Decoder } from '../model/decoder.ts'
import { IncrementalDecoder } from '../tokenizer/incremental-decoder.ts'
import type { Tokenizer } from '../tokenizer/tokenizer.ts'

/**
 * The decoder stays the caller's, who disposes the engine first. Training passes the learner's
 * decoder, so that both compute with the same weights.
 */
export function makeEngine(
  decoder: Decoder,
  tokenizer: Tokenizer,
  options: EngineOptions = {},
): Engine {
  return new Engine(decoder, () => new IncrementalDecoder(tokenizer.vocabulary), options)
}
