// Low-rank adapters against Python's peft: fixtures that it wrote, and what it computed with them
// (test/reference/make_adapters.py).

import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { readHuggingFaceConfig } from '../src/checkpoint/hugging-face-config.ts'
import { saveAdapter } from '../src/checkpoint/save-adapter.ts'
import { checkAdapter, loadAdapter, openAdapter } from '../src/checkpoint/stored-adapter.ts'
import { type Adapter, mergedWeights, withAdapters } from '../src/model/adapter.ts'
import { packedAttention } from '../src/model/attention.ts'
import { type Decoder, hiddenStates, logits, makeDecoder } from '../src/model/decoder.ts'
import { arrangeWeights } from '../src/model/decoder-weights.ts'
import { liveTensors } from '../src/tensor/memory.ts'
import { scope } from '../src/tensor/scope.ts'
import type { Tensor } from '../src/tensor/tensor.ts'
import { integers, readFloats } from '../src/tensor/transfer.ts'
import { loadTensors } from './fixtures/load-tensors.ts'
import { scratchFolder } from './scratch-folder.ts'

const adapters = join(import.meta.dirname, 'fixtures/adapters')
const models = join(import.meta.dirname, 'fixtures/models')
const tolerance = 1e-5
let folder = ''

beforeAll(() => {
  folder = scratchFolder()
})

/** Greatest absolute difference over greatest absolute expected value. */
function relativeGap(actual: Tensor, expected: Tensor): number {
  expect(actual.shape).toEqual(expected.shape)
  const [a, b] = [readFloats(actual), readFloats(expected)]
  const largest = (values: Float32Array) =>
    values.reduce((top, value) => Math.max(top, Math.abs(value)), 0)
  return largest(a.map((value, i) => value - (b[i] ?? Number.NaN))) / largest(b)
}

function opened(name: string) {
  const { base } = JSON.parse(readFileSync(join(adapters, name, 'expected.json'), 'utf8'))
  const config = readHuggingFaceConfig(join(models, base, 'config.json'))
  const weights = loadTensors(join(models, base), 'model', 'cpu')
  const stored = openAdapter(join(adapters, name))
  checkAdapter(stored, config)
  const adapter = loadAdapter(stored, 'cpu')
  const sequences = loadTensors(join(models, base), 'expected', 'cpu')
  const expected = loadTensors(join(adapters, name), 'expected', 'cpu')
  return { config, weights, stored, adapter, expected, ids: sequences.get('ids.0') as Tensor }
}

function logitsOf(decoder: Decoder, ids: Tensor): Tensor {
  const length = ids.dimension(0)
  const positions = integers([...Array(length).keys()])
  return logits(decoder, hiddenStates(decoder, ids, positions, packedAttention([length])))
}

describe.each(['list', 'pattern', 'all-linear'])('an adapter that peft wrote: %s', (name) => {
  test('computes what peft computes, beside the weights and merged into them', () => {
    const before = liveTensors().count
    scope(() => {
      const { config, weights, adapter, expected, ids } = opened(name)
      const wanted = expected.get('logits.0') as Tensor
      const arranged = arrangeWeights(config, weights)
      const base = logitsOf(makeDecoder(config, arranged), ids)
      expect(relativeGap(base, wanted)).toBeGreaterThan(0.1)
      const beside = logitsOf(makeDecoder(config, withAdapters(arranged, adapter)), ids)
      expect(relativeGap(beside, wanted)).toBeLessThan(tolerance)
      const merged = mergedWeights(weights, adapter)
      const plain = logitsOf(makeDecoder(config, arrangeWeights(config, merged)), ids)
      expect(relativeGap(plain, wanted)).toBeLessThan(tolerance)
      const changed = [...merged].filter(([key, tensor]) => tensor !== weights.get(key))
      expect(changed.map(([key]) => `merged.${key}`).sort()).toEqual(
        [...expected.keys()].filter((key) => key.startsWith('merged.')).sort(),
      )
      for (const [key, tensor] of changed) {
        expect(relativeGap(tensor, expected.get(`merged.${key}`) as Tensor)).toBeLessThan(1e-6)
      }
    })
    expect(liveTensors().count).toBe(before)
  })

  test('is written so that it is read as the same', () => {
    scope(() => {
      const { config, adapter } = opened(name)
      const out = join(folder, name)
      saveAdapter(out, adapter, { reference: 'base', config })
      const again = openAdapter(out)
      checkAdapter(again, config)
      expect(again.config).toMatchObject({ base: 'base', scaling: adapter.options })
      const read = loadAdapter(again, 'cpu')
      expect(numbers(read)).toEqual(numbers(adapter))
    })
  })
})

function numbers({ weights }: Adapter): Readonly<Record<string, readonly number[]>> {
  const named = [...weights].map(([name, tensor]) => [name, [...readFloats(tensor)]] as const)
  return Object.fromEntries(named.sort(([a], [b]) => (a < b ? -1 : 1)))
}

test.each([
  ['use_dora', true],
  ['bias', 'all'],
  ['modules_to_save', ['lm_head']],
  ['rank_pattern', { q_proj: 8 }],
  ['alpha_pattern', { q_proj: 8 }],
  ['init_lora_weights', 'pissa'],
  ['fan_in_fan_out', true],
  ['lora_bias', true],
  ['trainable_token_indices', [1]],
  ['peft_type', 'IA3'],
  ['a_field_of_next_year', { on: true }],
])('%s is refused by name', (key, value) => {
  expect(() => openAdapter(changed({ [key]: value }))).toThrow(`"${key}" is `)
})

test('what is wrong with an adapter is said with its place', () => {
  const config = readHuggingFaceConfig(join(models, 'llama/config.json'))
  const check = (fields: Record<string, unknown>) => () =>
    checkAdapter(openAdapter(changed(fields)), config)
  expect(() => openAdapter(folder)).toThrow('it has no adapter_config.json')
  expect(check({ r: 'three' })).toThrow('"r" must be a whole number above 0')
  expect(check({ target_modules: ['q_proj', 'k_proj', 'v_proj', 'down_proj'] })).toThrow(
    'missing (4): "base_model.model.model.layers.0.self_attn.k_proj.lora_A.weight"',
  )
  expect(check({ target_modules: ['v_proj', 'down_proj'] })).toThrow('surplus (4)')
  expect(check({ r: 4 })).toThrow('expected [4, 32], found [3, 32]')
  const narrow = { ...config, hiddenSize: 28 }
  expect(() => checkAdapter(openAdapter(changed({})), narrow)).toThrow('misshapen')
})

/** A copy of a fixture with other fields in its configuration. */
function changed(fields: Readonly<Record<string, unknown>>): string {
  const copy = mkdtempSync(join(folder, 'changed-'))
  cpSync(join(adapters, 'list'), copy, { recursive: true })
  const path = join(copy, 'adapter_config.json')
  writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), ...fields }))
  return copy
}
