import { describe, expect, test } from 'vitest'
import { UserError } from '../base/errors.ts'
import type { ModelConfig } from '../model/config.ts'
import { parseHuggingFaceConfig, toHuggingFaceConfig } from './hugging-face-config.ts'

const place = 'some/config.json'
const parse = (json: Record<string, unknown>) => parseHuggingFaceConfig(json, place)

/** The sizes of Llama-3.2-1B, old spelling. */
const llama = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  attention_bias: false,
  bos_token_id: 128_000,
  eos_token_id: [128_001, 128_008, 128_009],
  head_dim: 64,
  hidden_act: 'silu',
  hidden_size: 2048,
  intermediate_size: 8192,
  max_position_embeddings: 131_072,
  mlp_bias: false,
  num_attention_heads: 32,
  num_hidden_layers: 16,
  num_key_value_heads: 8,
  pretraining_tp: 1,
  rms_norm_eps: 1e-5,
  rope_scaling: {
    factor: 32,
    high_freq_factor: 4,
    low_freq_factor: 1,
    original_max_position_embeddings: 8192,
    rope_type: 'llama3',
  },
  rope_theta: 500_000,
  tie_word_embeddings: true,
  torch_dtype: 'bfloat16',
  vocab_size: 128_256,
}

const llamaConfig: ModelConfig = {
  family: 'llama',
  vocabularySize: 128_256,
  hiddenSize: 2048,
  intermediateSize: 8192,
  layers: 16,
  heads: 32,
  kvHeads: 8,
  headSize: 64,
  normEpsilon: 1e-5,
  rope: {
    theta: 500_000,
    scaling: {
      kind: 'llama3',
      factor: 32,
      lowFrequencyFactor: 1,
      highFrequencyFactor: 4,
      originalContextLength: 8192,
    },
  },
  contextLength: 131_072,
  tiedHead: true,
  attentionBias: false,
  outputBias: false,
  mlpBias: false,
  queryKeyNorm: false,
  bosToken: 128_000,
  eosTokens: [128_001, 128_008, 128_009],
  dtype: 'bfloat16',
}

/** The sizes of Qwen2.5-0.5B-Instruct. */
const qwen2 = {
  architectures: ['Qwen2ForCausalLM'],
  model_type: 'qwen2',
  bos_token_id: 151_643,
  eos_token_id: 151_645,
  hidden_size: 896,
  intermediate_size: 4864,
  max_position_embeddings: 32_768,
  max_window_layers: 21,
  num_attention_heads: 14,
  num_hidden_layers: 24,
  num_key_value_heads: 2,
  rms_norm_eps: 1e-6,
  rope_theta: 1_000_000,
  sliding_window: 32_768,
  tie_word_embeddings: true,
  torch_dtype: 'bfloat16',
  use_sliding_window: false,
  vocab_size: 151_936,
}
const qwen3 = { ...qwen2, architectures: ['Qwen3ForCausalLM'], model_type: 'qwen3', head_dim: 128 }

test('Llama with llama3 scaling', () => {
  expect(parse(llama)).toEqual(llamaConfig)
})

test('the new spelling of rope settings says the same', () => {
  const { rope_scaling, rope_theta, torch_dtype, ...rest } = llama
  const rope_parameters = { ...rope_scaling, rope_theta }
  expect(parse({ ...rest, rope_parameters, dtype: torch_dtype })).toEqual(llamaConfig)
})

test('Qwen2 has biases on q, k and v only; Qwen3 has norms instead', () => {
  expect(parse(qwen2)).toMatchObject({
    headSize: 64,
    attentionBias: true,
    outputBias: false,
    queryKeyNorm: false,
    rope: { theta: 1_000_000, scaling: { kind: 'none' } },
    eosTokens: [151_645],
  })
  expect(parse(qwen3)).toMatchObject({
    headSize: 128,
    attentionBias: false,
    outputBias: false,
    queryKeyNorm: true,
  })
})

describe('YaRN', () => {
  const yarn = { rope_type: 'yarn', factor: 4, original_max_position_embeddings: 32_768 }
  const scalingOf = (rope_scaling: unknown) => parse({ ...qwen2, rope_scaling }).rope.scaling

  test('defaults, with the attention factor 0.1 ln 4 + 1', () => {
    expect(scalingOf(yarn)).toEqual({
      kind: 'yarn',
      factor: 4,
      originalContextLength: 32_768,
      betaFast: 32,
      betaSlow: 1,
      attentionFactor: 0.1 * Math.log(4) + 1,
      truncate: true,
    })
  })

  test('a given attention factor, or one from two mscales', () => {
    expect(scalingOf({ ...yarn, attention_factor: 1.5 })).toMatchObject({ attentionFactor: 1.5 })
    expect(scalingOf({ ...yarn, mscale: 1, mscale_all_dim: 1 })).toMatchObject({
      attentionFactor: 1,
    })
  })

  test('the original length outside of the rope settings wins, as in transformers', () => {
    const outside = { ...qwen2, rope_scaling: yarn, original_max_position_embeddings: 4096 }
    expect(parse(outside).rope.scaling).toMatchObject({ originalContextLength: 4096 })
  })
})

describe('what would change the result is refused by name', () => {
  test.each([
    ['architectures', ['MixtralForCausalLM'], 'MixtralForCausalLM'],
    ['model_type', 'qwen2', 'contradict'],
    ['hidden_act', 'gelu', '"hidden_act"'],
    ['partial_rotary_factor', 0.5, '"partial_rotary_factor"'],
    ['attention_multiplier', 0.01, '"attention_multiplier"'],
    ['final_logit_softcapping', 30, '"final_logit_softcapping"'],
    ['quantization_config', { bits: 4 }, '"quantization_config"'],
    ['sliding_window', 4096, '"sliding_window"'],
    ['layer_types', ['full_attention', 'sliding_attention'], '"layer_types"'],
    ['num_local_experts', 8, '"num_local_experts"'],
    ['rope_scaling', { rope_type: 'dynamic', factor: 2 }, '"dynamic" is not supported'],
    ['rope_scaling', { rope_type: 'constructor' }, '"constructor" is not supported'],
    ['rope_scaling', { rope_type: 'linear', factor: 2, other: 1 }, '"other" is not supported'],
    ['rope_scaling', { rope_type: 'default', partial_rotary_factor: 0.25 }, 'partial_rotary'],
    ['rope_scaling', { rope_type: 'linear' }, '"factor" must be a number above 0; it is missing'],
    ['torch_dtype', 'float64', '"torch_dtype"'],
    ['hidden_size', '2048', '"hidden_size" must be a whole number'],
    ['num_hidden_layers', 1e12, '"num_hidden_layers"'],
    ['num_key_value_heads', 7, '32 attention heads do not share 7'],
    ['head_dim', 63, 'even head size'],
    ['vocab_size', null, '"vocab_size" must be'],
    ['eos_token_id', -1, '"eos_token_id"'],
  ])('%s = %j', (key, value, message) => {
    const damaged = { ...llama, [key]: value }
    expect(() => parse(damaged)).toThrow(message)
    expect(() => parse(damaged)).toThrow(place)
    expect(() => parse(damaged)).toThrow(UserError)
  })

  test('windows of Qwen count only where they are switched on and reach a layer', () => {
    expect(() => parse({ ...qwen2, use_sliding_window: true })).toThrow('"sliding_window"')
    const unreached = { ...qwen2, use_sliding_window: true, max_window_layers: 24 }
    expect(parse(unreached)).toEqual(parse(qwen2))
  })
})

test('what is written reads back as the same configuration', () => {
  const linear = { rope_type: 'linear', factor: 2 }
  const yarn = { rope_type: 'yarn', factor: 4, original_max_position_embeddings: 64, beta_slow: 2 }
  const variants = [
    llama,
    qwen2,
    qwen3,
    { ...llama, rope_scaling: linear, attention_bias: true, mlp_bias: true },
    { ...qwen3, rope_scaling: { ...yarn, truncate: false }, tie_word_embeddings: false },
  ]
  for (const json of variants) {
    const config = parse(json)
    expect(parse({ ...toHuggingFaceConfig(config) })).toEqual(config)
  }
})
