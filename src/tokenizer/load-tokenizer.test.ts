import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { scratchFolder } from '../../test/scratch-folder.ts'
import { UserError } from '../base/errors.ts'
import { loadTokenizer } from './load-tokenizer.ts'

const fixture = resolve(import.meta.dirname, '../../test/fixtures/tokenizers/qwen')
let folder = ''

beforeEach(() => {
  folder = scratchFolder()
  cpSync(fixture, folder, { recursive: true })
})

const write = (file: string, value: unknown) =>
  writeFileSync(join(folder, file), typeof value === 'string' ? value : JSON.stringify(value))

/** tokenizer.json with some keys replaced. */
function change(edit: (file: Record<string, unknown>) => Record<string, unknown>): void {
  const file = JSON.parse(readFileSync(join(folder, 'tokenizer.json'), 'utf8'))
  write('tokenizer.json', { ...file, ...edit(file) })
}

function messageOf(action: () => unknown): string {
  try {
    action()
  } catch (error) {
    if (error instanceof UserError) return error.message
    throw error
  }
  throw new Error('nothing was refused')
}

test('padding and truncation in the file do not reach the ids', async () => {
  const plain = await loadTokenizer(folder).encode('one two three four five')
  change(() => ({
    truncation: { direction: 'Right', max_length: 3, strategy: 'LongestFirst', stride: 0 },
    padding: {
      strategy: { Fixed: 40 },
      direction: 'Right',
      pad_to_multiple_of: null,
      pad_id: 0,
      pad_type_id: 0,
      pad_token: '!',
    },
  }))
  expect(plain.length).toBeGreaterThan(3)
  expect(await loadTokenizer(folder).encode('one two three four five')).toEqual(plain)
})

test('tokens that only tokenizer_config.json knows are added', async () => {
  const { size } = loadTokenizer(folder).vocabulary
  write('tokenizer_config.json', {
    eos_token: '<|stop|>',
    added_tokens_decoder: { [size + 3]: { content: '<|stop|>', special: true } },
  })
  const tokenizer = loadTokenizer(folder)
  expect(tokenizer.special.eos).toBe(size + 3)
  expect(await tokenizer.encode('<|stop|>')).toEqual([size + 3])
  expect(tokenizer.decode([size + 1, size + 3])).toBe('<|stop|>')
  write('tokenizer_config.json', { added_tokens_decoder: { [size - 1]: { content: '<|stop|>' } } })
  expect(messageOf(() => loadTokenizer(folder))).toMatch(
    /<\|stop\|>.*in tokenizer.json "<\/think>"/,
  )
})

test('every end of turn is found, wherever it is written', () => {
  write('generation_config.json', { eos_token_id: [5, 7] })
  write('config.json', { eos_token_id: 9 })
  const { vocabulary, special } = loadTokenizer(folder)
  const ends = ['<|endoftext|>', '<|im_end|>'].map((token) => vocabulary.added.get(token) ?? -1)
  expect(special.endOfTurn).toEqual([5, 7, 9, ...ends])
})

test('chat templates: the file of its own before tokenizer_config.json, lists by name', () => {
  write('tokenizer_config.json', {
    chat_template: [
      { name: 'default', template: 'A' },
      { name: 'tool_use', template: 'B' },
    ],
  })
  expect(loadTokenizer(folder).chatTemplates).toEqual({ default: 'A', tool_use: 'B' })
  write('chat_template.jinja', 'C')
  expect(loadTokenizer(folder).chatTemplates).toEqual({ default: 'C', tool_use: 'B' })
})

test('what cannot be read is refused by name', () => {
  change(() => ({ decoder: { type: 'Metaspace' } }))
  expect(messageOf(() => loadTokenizer(folder))).toMatch(/decoder Metaspace is not supported/)
  change(() => ({ model: { type: 'Unigram', vocab: [] } }))
  expect(messageOf(() => loadTokenizer(folder))).toMatch(/model type Unigram is not supported/)
  write('tokenizer.json', '{"model": ')
  expect(messageOf(() => loadTokenizer(folder))).toMatch(/tokenizer.json: not JSON/)
  rmSync(join(folder, 'tokenizer.json'))
  write('tokenizer.model', '')
  expect(messageOf(() => loadTokenizer(folder))).toMatch(/no tokenizer.json.*SentencePiece/)
})

test('a vocabulary that contradicts itself is refused', () => {
  const byteLevel = {
    type: 'ByteLevel',
    add_prefix_space: false,
    use_regex: true,
    trim_offsets: true,
  }
  const file = (vocab: unknown, merges: unknown, added: unknown) =>
    write('tokenizer.json', {
      added_tokens: added,
      pre_tokenizer: byteLevel,
      decoder: byteLevel,
      model: { type: 'BPE', vocab, merges },
    })
  const refused = () => messageOf(() => loadTokenizer(folder))
  write('tokenizer_config.json', {})
  file({ a: 0, b: 0 }, [], [])
  expect(refused()).toMatch(/"a" and "b": id 0/)
  file({ a: 0, b: 1e9 }, [], [])
  expect(refused()).toMatch(/"b" has id 1000000000/)
  file({ a: 0, b: 1, ab: 2 }, ['a b'], [{ id: 2, content: 'ab', special: true }])
  expect(refused()).toMatch(/a merge spells the special token "ab"/)
  file({ a: 0, b: 1 }, ['a b'], [])
  expect(refused()).toMatch(/merge 0 needs "ab", which is not in the vocabulary/)
  file({ a: 0, b: 1 }, [['a']], [])
  expect(refused()).toMatch(/merge 0 is not a pair/)
  file({ a: 0 }, [], [{ id: 0, content: 'x' }])
  expect(refused()).toMatch(/"a" and "x": id 0/)
  file(
    { a: 0 },
    [],
    [
      { id: 1, content: 'x' },
      { id: 2, content: 'x' },
    ],
  )
  expect(refused()).toMatch(/added token "x" is there twice/)
})

test('keys that would change the ids are refused', () => {
  change((file) => ({ model: { ...(file['model'] as object), dropout: 0.1 } }))
  expect(messageOf(() => loadTokenizer(folder))).toMatch(/model.dropout is 0.1; not supported/)
  change((file) => ({ model: { ...(file['model'] as object), dropout: null, unk_token: '<?>' } }))
  expect(messageOf(() => loadTokenizer(folder))).toMatch(
    /unk_token "<\?>" is not in the vocabulary/,
  )
  const pattern = { type: 'Split', pattern: { Regex: '(' }, behavior: 'Isolated', invert: false }
  change((file) => ({
    model: { ...(file['model'] as object), unk_token: null },
    pre_tokenizer: pattern,
  }))
  expect(messageOf(() => loadTokenizer(folder))).toMatch(/tokenizer.json: the tokenizer cannot be/)
})
