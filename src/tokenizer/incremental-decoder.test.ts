import fc from 'fast-check'
import { expect, test } from 'vitest'
import { byteTokenizer } from './byte-tokenizer.ts'
import { IncrementalDecoder } from './incremental-decoder.ts'
import { textOf } from './utf8.ts'

const { vocabulary, encode } = byteTokenizer()

test('hands out a character with its last byte, and what is broken at the end', () => {
  const decoder = new IncrementalDecoder(vocabulary)
  const push = (...bytes: number[]) => bytes.map((byte) => decoder.push(byte))
  expect(push(0x61, 0xc3, 0xa9)).toEqual(['a', '', 'é'])
  expect(push(0xf0, 0x9f, 0x98, 0x80)).toEqual(['', '', '', '😀'])
  expect(push(0xe2, 0x82)).toEqual(['', ''])
  expect(decoder.flush()).toBe('\uFFFD')
  expect(push(0xef, 0xbb, 0xbf, 0x62)).toEqual(['', '', '\uFEFF', 'b'])
})

test('leaves special tokens out on request', async () => {
  const ids = await encode('a<|im_end|>b')
  const all = new IncrementalDecoder(vocabulary)
  const some = new IncrementalDecoder(vocabulary, { skipSpecial: true })
  expect(ids.map((id) => all.push(id))).toEqual(['a', '<|im_end|>', 'b'])
  expect(ids.map((id) => some.push(id))).toEqual(['a', '', 'b'])
})

test('any bytes: the pieces are final, never half a character, and make up the whole', () => {
  const byte = fc.oneof(
    fc.integer({ min: 0, max: 255 }),
    fc.constantFrom(0x80, 0xbf, 0xc0, 0xc2, 0xe0, 0xed, 0xf0, 0xf4, 0xf5, 0x61),
  )
  fc.assert(
    fc.property(fc.array(byte, { maxLength: 24 }), (bytes) => {
      const decoder = new IncrementalDecoder(vocabulary)
      const pieces = bytes.map((id) => decoder.push(id))
      const whole = textOf(Uint8Array.from(bytes))
      expect(whole.startsWith(pieces.join(''))).toBe(true)
      expect(pieces.join('') + decoder.flush()).toBe(whole)
    }),
    { numRuns: 2000 },
  )
})
