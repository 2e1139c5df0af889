import { describe, expect, test } from 'vitest'
import { UserError } from '../base/errors.ts'
import { ggufConfig } from './gguf-config.ts'
import type { GgufEntry, GgufHeader } from './gguf-header.ts'
import type { GgufValue } from './gguf-value.ts'
import { llama3Factors, llama3FromFactors } from './llama3-factors.ts'

const uint32 = (value: number): GgufValue => ({ kind: 'uint32', value })
const float32 = (value: number): GgufValue => ({ kind: 'float32', value: Math.fround(value) })
const text = (value: string): GgufValue => ({ kind: 'string', value })

/** What converters write for a model of Qwen2's kind, without what is optional. */
const metadata: Readonly<Record<string, GgufValue>> = {
  'general.architecture': text('qwen2'),
  'qwen2.block_count': uint32(2),
  'qwen2.context_length': uint32(128),
  'qwen2.embedding_length': uint32(64),
  'qwen2.feed_forward_length': uint32(96),
  'qwen2.attention.head_count': uint32(4),
  'qwen2.attention.head_count_kv': uint32(2),
  'qwen2.attention.layer_norm_rms_epsilon': float32(1e-6),
  'qwen2.rope.freq_base': float32(1e6),
  'tokenizer.ggml.eos_token_id': uint32(7),
  'tokenizer.ggml.eot_token_id': uint32(8),
}

function header(changes: Readonly<Record<string, GgufValue>> = {}): GgufHeader {
  const entry = (name: string, type: GgufEntry['type']): [string, GgufEntry] => [
    name,
    { name, type, shape: [10, 64], offset: 0, bytes: 0 },
  ]
  const tensors = new Map([entry('token_embd.weight', 'Q4_K'), entry('blk.0.attn_q.bias', 'F32')])
  return { path: 'x.gguf', metadata: new Map(Object.entries({ ...metadata, ...changes })), tensors }
}

test('what a file does not say follows from the rest', () => {
  expect(ggufConfig(header())).toEqual({
    family: 'qwen2',
    vocabularySize: 10,
    hiddenSize: 64,
    intermediateSize: 96,
    layers: 2,
    heads: 4,
    kvHeads: 2,
    headSize: 16,
    normEpsilon: 1e-6,
    rope: { theta: 1e6, scaling: { kind: 'none' } },
    contextLength: 128,
    tiedHead: true,
    attentionBias: true,
    outputBias: false,
    mlpBias: false,
    queryKeyNorm: false,
    bosToken: null,
    eosTokens: [7, 8],
    dtype: 'bfloat16',
  })
})

test('YaRN: the attention factor of the file comes on top of its own', () => {
  const scaling = {
    'qwen2.rope.scaling.type': text('yarn'),
    'qwen2.rope.scaling.factor': float32(4),
    'qwen2.rope.scaling.original_context_length': uint32(32),
  }
  expect(ggufConfig(header(scaling)).rope.scaling).toEqual({
    kind: 'yarn',
    factor: 4,
    originalContextLength: 32,
    betaFast: 32,
    betaSlow: 1,
    attentionFactor: 0.1 * Math.log(4) + 1,
    truncate: true,
  })
})

describe('what is not supported is refused by name', () => {
  test.each<[string, GgufValue, string]>([
    ['general.architecture', text('mamba'), 'the architecture "mamba"'],
    ['qwen2.attention.sliding_window', uint32(64), '"qwen2.attention.sliding_window" is set'],
    ['qwen2.expert_count', uint32(8), '"qwen2.expert_count" is set'],
    ['qwen2.rope.scaling.type', text('longrope'), 'must be none, linear or yarn'],
    ['qwen2.rope.dimension_count', uint32(8), 'must be the head size, 16'],
    ['qwen2.block_count', text('2'), '"qwen2.block_count" must be a whole number'],
    ['split.count', { kind: 'uint16', value: 3 }, 'one part of a split model'],
    [
      'qwen2.attention.head_count_kv',
      { kind: 'array', element: 'int32', values: [2, 4] },
      'the same for all layers; found a list of 2',
    ],
  ])('%s', (key, value, message) => {
    const read = () => ggufConfig(header({ [key]: value }))
    expect(read).toThrow(message)
    expect(read).toThrow('x.gguf')
    expect(read).toThrow(UserError)
  })
})

describe('llama3 scaling out of factors alone', () => {
  const rotary = { theta: 500_000, headSize: 64 }
  const scaling = (low: number, high: number, original: number) =>
    ({
      kind: 'llama3',
      factor: 32,
      lowFrequencyFactor: low,
      highFrequencyFactor: high,
      originalContextLength: original,
    }) as const

  test('short wavelengths are left alone, long ones divided by the whole factor', () => {
    const factors = llama3Factors(scaling(1, 4, 8192), rotary)
    expect(factors).toHaveLength(32)
    expect(factors[0]).toBe(1)
    expect(factors.at(-1)).toBe(32)
    expect(factors).toEqual([...factors].sort((a, b) => a - b))
  })

  test.each([
    [1, 4, 8192],
    [1, 6, 4096],
    [1, 3.5, 16_384],
  ])('low %s, high %s, original %s are found again', (low, high, original) => {
    const factors = llama3Factors(scaling(low, high, original), rotary).map(Math.fround)
    expect(llama3FromFactors(factors, rotary, undefined)).toEqual(scaling(low, high, original))
  })

  test('settings that are multiples of one another are the same scaling', () => {
    const factors = llama3Factors(scaling(2, 8, 16_384), rotary)
    expect(llama3FromFactors(factors, rotary, undefined)).toEqual(scaling(1, 4, 8192))
  })

  test('factors of another kind are not taken for it', () => {
    const long = Array.from({ length: 32 }, (_, index) => 1 + index)
    expect(llama3FromFactors(long, rotary, undefined)).toBeUndefined()
    const read = () => ggufConfig(header(), long.slice(0, 8))
    expect(read).toThrow('factors on the rotary frequencies that are not llama3 scaling')
  })
})
