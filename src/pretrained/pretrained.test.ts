import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { scratchFolder } from '../../test/scratch-folder.ts'
import { packageFile } from '../base/package-root.ts'
import { RandomStream } from '../base/random.ts'
import { readHuggingFaceConfig } from '../checkpoint/hugging-face-config.ts'
import { saveHuggingFace } from '../checkpoint/save-hugging-face.ts'
import type { ModelConfig } from '../model/config.ts'
import { expectedWeights } from '../model/weights.ts'
import { liveTensors } from '../tensor/memory.ts'
import { scope } from '../tensor/scope.ts'
import { readFloats, tensorFrom } from '../tensor/transfer.ts'
import { byteTokenizer } from '../tokenizer/byte-tokenizer.ts'
import { tokenizerFiles } from '../tokenizer/tokenizer-files.ts'
import { loadSource, openPretrained } from './pretrained.ts'
import { convertModel, parseStorageType } from './save-model.ts'

const template = "{% for message in messages %}{{ message['content'] }}{% endfor %}"
let folder = ''
let before = 0

const config: ModelConfig = {
  ...readHuggingFaceConfig(packageFile('test/fixtures/models/llama/config.json')),
  vocabularySize: 260,
  hiddenSize: 32,
  intermediateSize: 64,
  layers: 1,
  heads: 4,
  kvHeads: 2,
  headSize: 8,
  tiedHead: true,
  bosToken: 257,
  eosTokens: [258],
  dtype: 'bfloat16',
}

/** A small random model with a byte tokenizer, as a Hugging Face folder in bfloat16. */
beforeAll(() => {
  folder = scratchFolder()
  before = liveTensors().count
  const files = new Map(Object.entries(tokenizerFiles(byteTokenizer())))
  files.set('chat_template.jinja', template)
  files.set('generation_config.json', '{"temperature": 0.7, "top_p": 0.9, "do_sample": true}')
  scope(() => {
    const random = RandomStream.named(1, 'pretrained')
    const weights = [...expectedWeights(config)].map(([name, shape]) => {
      const size = shape.reduce((product, dimension) => product * dimension, 1)
      const values = Float32Array.from({ length: size }, () => random.normal())
      return [name, tensorFrom(values, shape)] as const
    })
    saveHuggingFace(join(folder, 'hf'), { config, weights: new Map(weights), files })
  })
})
afterAll(() => {
  expect(liveTensors().count).toBe(before)
})

/** The weights' numbers by name, and what else a person would miss. */
async function contents(reference: string) {
  const source = await openPretrained(reference)
  using loaded = loadSource(source, { dtype: 'float32' })
  const { tokenizer } = source
  return {
    config: { ...source.config, dtype: 'any' },
    weights: new Map(
      [...loaded.weights].sort().map(([name, tensor]) => [name, readFloats(tensor)]),
    ),
    templates: tokenizer.chatTemplates,
    special: tokenizer.special,
    ids: await tokenizer.encode('Hi <|im_end|>é'),
  }
}

test('a folder is opened with its tokenizer, template and sampling', async () => {
  const source = await openPretrained(join(folder, 'hf'))
  expect(source.config).toEqual(config)
  expect(source.name).toBe('hf')
  expect(source.generation).toEqual({ sample: true, temperature: 0.7, topP: 0.9 })
  expect(source.tokenizer.chatTemplates).toEqual({ default: template })
  using loaded = loadSource(source)
  expect([...loaded.weights.values()].map(({ dtype }) => dtype)).toContain('bfloat16')
})

test('folder to GGUF and back: the same weights, ids and template', async () => {
  const original = join(folder, 'hf')
  const file = join(folder, 'model.gguf')
  const back = join(folder, 'back')
  convertModel(await openPretrained(original), file)
  convertModel(await openPretrained(file), back)
  const expected = await contents(original)
  expect(expected.ids).toEqual([72, 105, 32, 258, 195, 169])
  expect(await contents(file)).toEqual(expected)
  expect(await contents(back)).toEqual(expected)
  expect(readdirSync(back).sort()).toEqual([
    'chat_template.jinja',
    'config.json',
    'generation_config.json',
    'model.safetensors',
    'tokenizer.json',
    'tokenizer_config.json',
  ])
})

test('Q8_0 is for GGUF files, and nothing is written where it cannot be', async () => {
  const source = await openPretrained(join(folder, 'hf'))
  expect(() => convertModel(source, join(folder, 'q8'), 'q8_0')).toThrow('ends in .gguf')
  expect(readdirSync(folder)).not.toContain('q8')
  convertModel(source, join(folder, 'q8.gguf'), 'q8_0')
  const { ids } = await contents(join(folder, 'q8.gguf'))
  expect(ids).toHaveLength(6)
})

test('types as people write them', () => {
  expect(parseStorageType('BF16')).toBe('bfloat16')
  expect(parseStorageType('q8_0')).toBe('q8_0')
  expect(() => parseStorageType('q8')).toThrow('did you mean q8_0?')
})

test('a damaged folder says what is wrong', async () => {
  const target = join(folder, 'damaged')
  cpSync(join(folder, 'hf'), target, { recursive: true })
  const json = JSON.parse(readFileSync(join(target, 'config.json'), 'utf8'))
  writeFileSync(join(target, 'config.json'), JSON.stringify({ ...json, vocab_size: 100 }))
  await expect(openPretrained(target)).rejects.toThrow('the tokenizer has 259 tokens')
  writeFileSync(join(target, 'config.json'), JSON.stringify({ ...json, num_hidden_layers: 2 }))
  const source = await openPretrained(target)
  expect(() => loadSource(source)).toThrow('missing (9): "model.layers.1.input_layernorm.weight"')
  rmSync(join(target, 'config.json'))
  await expect(openPretrained(target)).rejects.toThrow('it has no config.json')
})

test('a head beside a tied embedding is accepted only if it holds the same numbers', async () => {
  const target = join(folder, 'two-heads')
  const save = (change: number) => {
    rmSync(target, { recursive: true, force: true })
    scope(() => {
      const weights = new Map(
        [...expectedWeights({ ...config, tiedHead: false })].map(([name, shape]) => {
          const size = shape.reduce((product, dimension) => product * dimension, 1)
          const values = new Float32Array(size).fill(name === 'lm_head.weight' ? 1 + change : 1)
          return [name, tensorFrom(values, shape)] as const
        }),
      )
      const files = new Map(Object.entries(tokenizerFiles(byteTokenizer())))
      saveHuggingFace(target, { config: { ...config, tiedHead: false }, weights, files })
    })
    const path = join(target, 'config.json')
    const json = JSON.parse(readFileSync(path, 'utf8'))
    writeFileSync(path, JSON.stringify({ ...json, tie_word_embeddings: true }))
  }
  save(0)
  using loaded = loadSource(await openPretrained(target))
  expect(loaded.weights.has('lm_head.weight')).toBe(false)
  save(1)
  const other = await openPretrained(target)
  expect(() => loadSource(other)).toThrow('"lm_head.weight" holds other numbers')
})
