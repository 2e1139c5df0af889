// config.json of a Hugging Face folder to our model configuration, and back.

import { UserError } from '../base/errors.ts'
import type { ModelConfig, ModelFamily, WeightDtype } from '../model/config.ts'
import { ConfigFields } from './config-fields.ts'
import { type JsonObject, parseJsonObject } from './json-object.ts'
import { quoted } from './quoted.ts'
import { ReadableFile } from './readable-file.ts'
import { refuseUnsupportedFields } from './refused-fields.ts'
import { parseRope, writeRopeScaling } from './rope-config.ts'

const architectures: Readonly<Record<ModelFamily, string>> = {
  llama: 'LlamaForCausalLM',
  qwen2: 'Qwen2ForCausalLM',
  qwen3: 'Qwen3ForCausalLM',
}
const families: readonly ModelFamily[] = ['llama', 'qwen2', 'qwen3']
const jsonLimits = { depth: 32, values: 1_000_000 }
const maxBytes = 16 * 1024 * 1024

/** Reads and checks the config.json at `path`. */
export function readHuggingFaceConfig(path: string): ModelConfig {
  using file = ReadableFile.open(path)
  if (file.size > maxBytes) throw new UserError(`${path} has ${file.size} bytes: too many`)
  return parseHuggingFaceConfig(parseJsonObject(file.read(0, file.size), path, jsonLimits), path)
}

/** The model configuration that a parsed config.json describes; `place` names it in errors. */
export function parseHuggingFaceConfig(json: JsonObject, place: string): ModelConfig {
  const fields = new ConfigFields(json, place)
  const family = parseFamily(fields)
  refuseUnsupportedFields({ ...json, model_type: family }, place)
  const hiddenSize = fields.size('hidden_size')
  const heads = fields.size('num_attention_heads')
  const bias = family === 'qwen2' ? true : fields.flag('attention_bias', false)
  const config: ModelConfig = {
    family,
    vocabularySize: fields.size('vocab_size'),
    hiddenSize,
    intermediateSize: fields.size('intermediate_size'),
    layers: fields.size('num_hidden_layers'),
    heads,
    // Llama takes as many as heads where the key is absent; for Qwen the default is another.
    kvHeads: fields.size('num_key_value_heads', mayOmitKvHeads(family, json) ? heads : undefined),
    headSize: fields.size('head_dim', family === 'qwen3' ? 128 : hiddenSize / heads),
    normEpsilon: fields.positive('rms_norm_eps', 1e-6),
    rope: parseRope(fields),
    contextLength: fields.size('max_position_embeddings'),
    tiedHead: fields.flag('tie_word_embeddings', false),
    attentionBias: bias,
    outputBias: family === 'qwen2' ? false : bias,
    mlpBias: family === 'llama' ? fields.flag('mlp_bias', false) : false,
    queryKeyNorm: family === 'qwen3',
    bosToken: fields.tokens('bos_token_id')[0] ?? null,
    eosTokens: fields.tokens('eos_token_id'),
    dtype: parseDtype(fields),
  }
  checkModelConfig(config, place)
  return config
}

function mayOmitKvHeads(family: ModelFamily, json: JsonObject): boolean {
  return family === 'llama' || json['num_key_value_heads'] === null
}

/** Refuses sizes that do not go together. */
export function checkModelConfig(config: ModelConfig, place: string): void {
  const { heads, kvHeads, headSize } = config
  if (heads % kvHeads !== 0) {
    throw new UserError(
      `${place}: ${heads} attention heads do not share ${kvHeads} key/value heads`,
    )
  }
  if (headSize % 2 !== 0) {
    throw new UserError(`${place}: rotary positions need an even head size; it is ${headSize}`)
  }
}

function parseFamily(fields: ConfigFields): ModelFamily {
  const listed = fields.fields['architectures'] ?? []
  const named = Array.isArray(listed) ? listed.map(String) : fields.fail('architectures', 'a list')
  const modelType = fields.text('model_type', '')
  const family = families.find((candidate) =>
    named.length > 0 ? named[0] === architectures[candidate] : modelType === candidate,
  )
  const known = Object.values(architectures).join(', ')
  if (!family) {
    const found = quoted(named[0] ?? modelType)
    throw new UserError(
      `${fields.place}: the architecture ${found} is not supported; these are: ${known}`,
    )
  }
  if (modelType !== '' && modelType !== family) {
    throw new UserError(
      `${fields.place}: architecture ${architectures[family]} and model_type ${quoted(modelType)} contradict each other`,
    )
  }
  return family
}

function parseDtype(fields: ConfigFields): WeightDtype {
  const named = fields.text('dtype', fields.text('torch_dtype', 'float32')).replace('torch.', '')
  if (named === 'float32' || named === 'bfloat16' || named === 'float16') return named
  return fields.fail(fields.has('dtype') ? 'dtype' : 'torch_dtype', 'float32, bfloat16 or float16')
}

/**
 * A config.json that transformers 4 and 5 read, and so do the tools that go by its old keys. A
 * model out of a GGUF file may have biases that no config.json can ask for: UserError.
 */
export function toHuggingFaceConfig(config: ModelConfig): JsonObject {
  const { family, eosTokens } = config
  const asQwen2 = config.attentionBias && !config.outputBias
  const expressible = family === 'qwen2' ? asQwen2 : config.attentionBias === config.outputBias
  if (!expressible || (config.mlpBias && family !== 'llama')) {
    throw new UserError(`a ${architectures[family]} cannot have biases where this model has them`)
  }
  return {
    architectures: [architectures[family]],
    model_type: family,
    vocab_size: config.vocabularySize,
    hidden_size: config.hiddenSize,
    intermediate_size: config.intermediateSize,
    num_hidden_layers: config.layers,
    num_attention_heads: config.heads,
    num_key_value_heads: config.kvHeads,
    head_dim: config.headSize,
    hidden_act: 'silu',
    rms_norm_eps: config.normEpsilon,
    max_position_embeddings: config.contextLength,
    rope_theta: config.rope.theta,
    rope_scaling: writeRopeScaling(config.rope.scaling),
    tie_word_embeddings: config.tiedHead,
    ...(family === 'qwen2' ? {} : { attention_bias: config.attentionBias }),
    ...(family === 'llama' ? { mlp_bias: config.mlpBias } : {}),
    ...(family === 'llama' ? {} : { use_sliding_window: false }),
    bos_token_id: config.bosToken,
    eos_token_id: eosTokens.length > 1 ? eosTokens : (eosTokens[0] ?? null),
    torch_dtype: config.dtype,
    use_cache: true,
  }
}
