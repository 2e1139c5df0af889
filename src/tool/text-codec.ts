// What protocols and rollouts need of a tokenizer; a byte tokenizer satisfies it in tests.

import type { TokenId } from '../trajectory/segment.ts'
import type { TextPiece } from './tool.ts'

export interface TextCodec {
  /** Tokens of template text, in which special tokens are spelled out. */
  encode(text: string): Promise<readonly TokenId[]> | readonly TokenId[]
  /** Tokens of text from outside, in which nothing is special. */
  encodeOutside(text: string): Promise<readonly TokenId[]> | readonly TokenId[]
  /** Text of tokens, special ones included; bytes that are no UTF-8 are replaced. */
  decode(tokens: readonly TokenId[]): Promise<string> | string
}

/** Tokens of the pieces, each encoded by its origin. */
export async function encodePieces(
  codec: TextCodec,
  pieces: readonly TextPiece[],
): Promise<TokenId[]> {
  const encoded = await Promise.all(
    pieces.map(({ origin, text }) => {
      if (text === '') return []
      return origin === 'template' ? codec.encode(text) : codec.encodeOutside(text)
    }),
  )
  return encoded.flat()
}
