// A tokenizer for tests: one token a UTF-8 byte, and special tokens above them.

import type { TokenId } from '../trajectory/segment.ts'
import type { TextCodec } from './text-codec.ts'

const specialTokens: readonly string[] = ['<|im_start|>', '<|im_end|>', '<|endoftext|>']

export const turnEndToken = 257
export const endToken = 258

const special = /(<\|im_start\|>|<\|im_end\|>|<\|endoftext\|>)/

export const byteCodec = {
  encode(text: string): readonly TokenId[] {
    return text.split(special).flatMap((part) => {
      const index = specialTokens.indexOf(part)
      return index === -1 ? [...Buffer.from(part)] : [256 + index]
    })
  },
  encodeOutside: (text: string): readonly TokenId[] => [...Buffer.from(text)],
  decode(tokens: readonly TokenId[]): string {
    const bytes = tokens.map((token) =>
      token < 256 ? Buffer.of(token) : Buffer.from(specialTokens[token - 256] ?? ''),
    )
    return Buffer.concat(bytes).toString('utf8')
  },
} satisfies TextCodec
