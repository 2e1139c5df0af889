import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ggufTokenizer } from './gguf-tokenizer.ts'
import { ggufTokenizerMetadata } from './gguf-tokenizer-metadata.ts'
import { loadTokenizer } from './load-tokenizer.ts'

const fixtures = resolve(import.meta.dirname, '../../test/fixtures/tokenizers')

/** Three letters, one merge, one control token, one tag, one unused row, and a name of JavaScript's. */
const small = {
  'tokenizer.ggml.model': 'gpt2',
  'tokenizer.ggml.pre': 'smollm',
  'tokenizer.ggml.tokens': ['<s>', 'a', 'b', 'ab', '<tag>', '[PAD5]', '1', '__proto__'],
  'tokenizer.ggml.token_type': [3, 1, 1, 1, 4, 5, 1, 1],
  'tokenizer.ggml.merges': ['a b'],
  'tokenizer.ggml.bos_token_id': 0,
  'tokenizer.chat_template': 'T',
}

test('composes a tokenizer from metadata', async () => {
  const tokenizer = ggufTokenizer(small, 'small.gguf')
  expect(await tokenizer.encode('ab<s>a11<tag>')).toEqual([3, 0, 1, 6, 6, 4])
  expect(await tokenizer.encode('ab', { addSpecialTokens: true })).toEqual([3])
  expect(tokenizer.vocabulary.special).toEqual(new Set([0]))
  expect(tokenizer.decode([0, 4, 5, 7])).toBe('<s><tag>__proto__')
  expect(tokenizer.chatTemplates).toEqual({ default: 'T' })
  const begins = ggufTokenizer({ ...small, 'tokenizer.ggml.add_bos_token': true }, 'small.gguf')
  expect(await begins.encode('ab', { addSpecialTokens: true })).toEqual([0, 3])
  const llama = ggufTokenizer({ ...small, 'tokenizer.ggml.pre': 'llama-bpe' }, 'small.gguf')
  expect(await llama.encode('ab', { addSpecialTokens: true })).toEqual([0, 3])
})

test('refuses by name what it does not know', () => {
  const build = (changes: Record<string, unknown>) => () =>
    ggufTokenizer({ ...small, ...changes }, 'x.gguf')
  expect(build({ 'tokenizer.ggml.model': 'llama' })).toThrow(/x.gguf: .*model is "llama"/)
  expect(build({ 'tokenizer.ggml.model': undefined })).toThrow(/model is missing/)
  expect(build({ 'tokenizer.ggml.pre': 'qwen3' })).toThrow(
    /"qwen3" is not supported \(near: qwen2\)/,
  )
  expect(build({ 'tokenizer.ggml.pre': undefined })).toThrow(/no tokenizer.ggml.pre/)
  expect(build({ 'tokenizer.ggml.token_type': [1] })).toThrow(/token_type is not a list of 8/)
  expect(build({ 'tokenizer.ggml.merges': [1] })).toThrow(/merges is not a list of texts/)
  expect(build({ 'tokenizer.ggml.merges': ['a c'] })).toThrow(/merge 0 needs "c"/)
  expect(build({ 'tokenizer.ggml.bos_token_id': 8 })).toThrow(/bos_token_id is 8, of 8 tokens/)
  expect(build({ 'tokenizer.ggml.tokens': ['<s>', 'a', 'b', 'ab', 'c', 'd', '1', 'a'] })).toThrow(
    /token "a" is there twice/,
  )
})

describe.each([
  ['smollm', 'smollm'],
  ['qwen', 'qwen2'],
  ['llama3', 'llama-bpe'],
])('%s', (name, pre) => {
  test('survives the way into GGUF metadata and back', async () => {
    const original = loadTokenizer(join(fixtures, name))
    const rows = original.vocabulary.size + 11
    const metadata = ggufTokenizerMetadata(original, rows)
    expect(metadata['tokenizer.ggml.pre']).toBe(pre)
    expect(metadata['tokenizer.ggml.tokens']).toHaveLength(rows)
    const again = ggufTokenizer(metadata, 'again.gguf')
    expect(again.special).toEqual(original.special)
    for (const text of ["I'll pay 12345 <|im_end|> e\u0301 <think>\n\n ½", '<|eot_id|>你好 \r\n']) {
      const framed = { addSpecialTokens: true }
      expect(await again.encode(text)).toEqual(await original.encode(text))
      expect(await again.encode(text, framed)).toEqual(await original.encode(text, framed))
      expect(await again.encodeOutside(text)).toEqual(await original.encodeOutside(text))
    }
  })
})

test('a tokenizer without a name in GGUF, or with too many tokens, is refused', () => {
  const { definition, ...rest } = loadTokenizer(join(fixtures, 'smollm'))
  const strange = { ...rest, definition: { ...definition, normalizer: { type: 'Lowercase' } } }
  expect(() => ggufTokenizerMetadata(strange, 1000)).toThrow(/no name for here/)
  expect(() => ggufTokenizerMetadata({ ...rest, definition }, 20)).toThrow(/beyond the model's 20/)
})
