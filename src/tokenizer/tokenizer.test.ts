import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { IncrementalDecoder } from './incremental-decoder.ts'
import { loadTokenizer } from './load-tokenizer.ts'

const fixtures = resolve(import.meta.dirname, '../../test/fixtures/tokenizers')
const load = (name: string) => loadTokenizer(join(fixtures, name))

interface Expected {
  readonly text: string
  readonly ids: readonly number[]
  readonly framed?: readonly number[]
  readonly outside?: readonly number[]
  readonly decoded?: string
  readonly decodedWithoutSpecial?: string
  readonly halves: string
}

function expectedOf(name: string): Expected[] {
  const lines = readFileSync(join(fixtures, name, 'expected.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
  return lines.map((line) => JSON.parse(line))
}

describe.each(['smollm', 'qwen', 'llama3'])('%s', (name) => {
  const tokenizer = load(name)
  const rows = expectedOf(name)

  test('encodes as the reference does, trusted, framed and from outside', async () => {
    expect(rows.length).toBeGreaterThan(200)
    for (const { text, ids, framed = ids, outside = ids } of rows) {
      expect(await tokenizer.encode(text), text).toEqual(ids)
      expect(await tokenizer.encode(text, { addSpecialTokens: true }), text).toEqual(framed)
      expect(await tokenizer.encodeOutside(text), text).toEqual(outside)
    }
  })

  test('decodes as the reference does, at once and token by token', () => {
    for (const row of rows) {
      const { ids, text, decoded = text, decodedWithoutSpecial = decoded } = row
      const half = ids.slice(0, Math.floor(ids.length / 2))
      expect(tokenizer.decode(ids)).toBe(decoded)
      expect(tokenizer.decode(ids, { skipSpecial: true })).toBe(decodedWithoutSpecial)
      expect(tokenizer.decode(half)).toBe(row.halves)
      const decoder = new IncrementalDecoder(tokenizer.vocabulary)
      const pieces = half.map((id) => decoder.push(id))
      expect(pieces.join('') + decoder.flush()).toBe(row.halves)
    }
  })

  test('text from outside never becomes an added token, and comes back as it was', async () => {
    const spellings = [...tokenizer.vocabulary.added.keys()]
    const added = new Set(tokenizer.vocabulary.added.values())
    const part = fc.oneof(
      fc.constantFrom(...spellings, '<', '|>', ' '),
      fc.string({ unit: 'grapheme' }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 8 }), async (parts) => {
        const text = parts.join('')
        const ids = await tokenizer.encodeOutside(text)
        expect(ids.filter((id) => added.has(id))).toEqual([])
        expect(tokenizer.decode(ids)).toBe(name === 'qwen' ? text.normalize('NFC') : text)
      }),
      { numRuns: 200 },
    )
  })
})

test('special tokens and ends of turn are read from the config files', () => {
  const { vocabulary, special } = load('smollm')
  expect(special).toEqual({ bos: 1, eos: 2, pad: 2, endOfTurn: [0, 2] })
  expect(vocabulary.size).toBe(256 + 384 + 5)
  const qwen = load('qwen')
  const id = (token: string) => qwen.vocabulary.added.get(token) ?? -1
  expect(qwen.special.bos).toBeNull()
  expect(qwen.special.eos).toBe(id('<|im_end|>'))
  expect(qwen.special.pad).toBe(id('<|endoftext|>'))
  expect(qwen.vocabulary.special.has(id('<|im_end|>'))).toBe(true)
  expect(qwen.vocabulary.special.has(id('<think>'))).toBe(false)
})

test('ids without a token have no text', () => {
  const { decode, vocabulary } = load('smollm')
  expect(decode([-1, vocabulary.size, 1e9, 0.5, Number.NaN])).toBe('')
})
