import { expect, test } from 'vitest'
import type { ModelConfig } from './config.ts'
import { expectedWeights } from './weights.ts'

const tiny: ModelConfig = {
  family: 'qwen3',
  vocabularySize: 11,
  hiddenSize: 6,
  intermediateSize: 10,
  layers: 1,
  heads: 4,
  kvHeads: 2,
  headSize: 8,
  normEpsilon: 1e-6,
  rope: { theta: 10_000, scaling: { kind: 'none' } },
  contextLength: 32,
  tiedHead: false,
  attentionBias: false,
  outputBias: false,
  mlpBias: false,
  queryKeyNorm: true,
  bosToken: null,
  eosTokens: [0],
  dtype: 'float32',
}

test('the weights of one Qwen3 layer, with a head size of its own', () => {
  const layer = 'model.layers.0.'
  expect(Object.fromEntries(expectedWeights(tiny))).toEqual({
    'model.embed_tokens.weight': [11, 6],
    [`${layer}input_layernorm.weight`]: [6],
    [`${layer}self_attn.q_proj.weight`]: [32, 6],
    [`${layer}self_attn.k_proj.weight`]: [16, 6],
    [`${layer}self_attn.v_proj.weight`]: [16, 6],
    [`${layer}self_attn.o_proj.weight`]: [6, 32],
    [`${layer}self_attn.q_norm.weight`]: [8],
    [`${layer}self_attn.k_norm.weight`]: [8],
    [`${layer}post_attention_layernorm.weight`]: [6],
    [`${layer}mlp.gate_proj.weight`]: [10, 6],
    [`${layer}mlp.up_proj.weight`]: [10, 6],
    [`${layer}mlp.down_proj.weight`]: [6, 10],
    'model.norm.weight': [6],
    'lm_head.weight': [11, 6],
  })
})

test('biases come where they are asked for, and a tied head has no weight', () => {
  const names = [
    ...expectedWeights({
      ...tiny,
      tiedHead: true,
      attentionBias: true,
      mlpBias: true,
      queryKeyNorm: false,
    }).keys(),
  ]
  expect(names.filter((name) => name.endsWith('.bias')).map((name) => name.split('.')[4])).toEqual([
    'q_proj',
    'k_proj',
    'v_proj',
    'gate_proj',
    'up_proj',
    'down_proj',
  ])
  expect(names).not.toContain('lm_head.weight')
})
