// Names and shapes of a decoder's weights, by Hugging Face's names: the one list that loading,
// saving and conversion go by.

import type { ModelConfig } from './config.ts'

/** Every weight of the decoder with its shape, in the order in which the model uses them. */
export function expectedWeights(config: ModelConfig): Map<string, readonly number[]> {
  const { vocabularySize, hiddenSize, layers } = config
  const weights = new Map<string, readonly number[]>()
  weights.set('model.embed_tokens.weight', [vocabularySize, hiddenSize])
  for (let layer = 0; layer < layers; layer++) {
    for (const [name, shape] of layerWeights(config)) {
      weights.set(`model.layers.${layer}.${name}`, shape)
    }
  }
  weights.set('model.norm.weight', [hiddenSize])
  if (!config.tiedHead) weights.set('lm_head.weight', [vocabularySize, hiddenSize])
  return weights
}

function layerWeights(config: ModelConfig): [string, readonly number[]][] {
  const { hiddenSize, intermediateSize, headSize } = config
  const queries = config.heads * headSize
  const keys = config.kvHeads * headSize
  const found: [string, readonly number[]][] = [['input_layernorm.weight', [hiddenSize]]]
  const linear = (name: string, [rows, columns]: readonly [number, number], bias: boolean) => {
    found.push([`${name}.weight`, [rows, columns]])
    if (bias) found.push([`${name}.bias`, [rows]])
  }
  linear('self_attn.q_proj', [queries, hiddenSize], config.attentionBias)
  linear('self_attn.k_proj', [keys, hiddenSize], config.attentionBias)
  linear('self_attn.v_proj', [keys, hiddenSize], config.attentionBias)
  linear('self_attn.o_proj', [hiddenSize, queries], config.outputBias)
  if (config.queryKeyNorm) {
    found.push(['self_attn.q_norm.weight', [headSize]], ['self_attn.k_norm.weight', [headSize]])
  }
  found.push(['post_attention_layernorm.weight', [hiddenSize]])
  linear('mlp.gate_proj', [intermediateSize, hiddenSize], config.mlpBias)
  linear('mlp.up_proj', [intermediateSize, hiddenSize], config.mlpBias)
  linear('mlp.down_proj', [hiddenSize, intermediateSize], config.mlpBias)
  return found
}
