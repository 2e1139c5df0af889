// The tokens with a meaning of their own: where a text begins, where a turn ends.

import type { Vocabulary } from './vocabulary.ts'

export interface SpecialTokens {
  /** Begins a text; null where the model has none. */
  readonly bos: number | null
  /** Ends a text or a turn. */
  readonly eos: number | null
  readonly pad: number | null
  /** All tokens after which the model has nothing more to say: eos, end of turn, end of text. */
  readonly endOfTurn: readonly number[]
}

/** Names that end a turn or a text in the families that we know, whatever the config says. */
const endings = [
  '<|im_end|>',
  '<|eot_id|>',
  '<|eom_id|>',
  '<|end_of_text|>',
  '<|endoftext|>',
  '<|end|>',
  '<end_of_turn>',
  '</s>',
]

/** What was named, with `endOfTurn` completed by the vocabulary's own names; sorted, each once. */
export function specialTokens(
  named: {
    readonly bos: number | null
    readonly eos: number | null
    readonly pad: number | null
    readonly endOfTurn: readonly number[]
  },
  vocabulary: Vocabulary,
): SpecialTokens {
  const known = endings.flatMap((name) => vocabulary.added.get(name) ?? [])
  const ends = new Set([...(named.eos === null ? [] : [named.eos]), ...named.endOfTurn, ...known])
  return { ...named, endOfTurn: [...ends].sort((a, b) => a - b) }
}
