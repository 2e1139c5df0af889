// Metadata and tensor list of a GGUF file to our model configuration.

import { UserError } from '../base/errors.ts'
import type { ModelConfig, ModelFamily, RopeScaling, WeightDtype } from '../model/config.ts'
import { GgufFields } from './gguf-fields.ts'
import type { GgufHeader } from './gguf-header.ts'
import { endKeys, llama3Keys, ropeFactorsName } from './gguf-names.ts'
import { checkModelConfig } from './hugging-face-config.ts'
import { llama3FromFactors } from './llama3-factors.ts'
import { quoted } from './quoted.ts'

const families: readonly ModelFamily[] = ['llama', 'qwen2', 'qwen3']

/** Below the architecture's prefix: metadata that would change the result, unless it is zero. */
const refused = [
  'attention.sliding_window',
  'attention.clamp_kqv',
  'attention.max_alibi_bias',
  'attention.scale',
  'attention.output_scale',
  'attention.temperature_length',
  'attention.temperature_scale',
  'attn_logit_softcapping',
  'final_logit_softcapping',
  'embedding_scale',
  'residual_scale',
  'logit_scale',
  'expert_count',
  'rope.dimension_sections',
  'rope.scaling.alpha',
  'rope.scaling.attn_factor',
  'rope.scaling.yarn_log_multiplier',
  'use_parallel_residual',
] as const

/**
 * The configuration of the model in a GGUF file. `ropeFactors` are the numbers of its tensor
 * `rope_freqs.weight`, where it has one.
 */
export function ggufConfig(header: GgufHeader, ropeFactors?: readonly number[]): ModelConfig {
  const fields = new GgufFields(header.metadata, header.path)
  const family = parseFamily(fields)
  refuse(fields, family)
  const size = (key: string, fallback?: number) => fields.size(`${family}.${key}`, fallback)
  const heads = size('attention.head_count')
  const hiddenSize = size('embedding_length')
  const headSize = size('attention.key_length', hiddenSize / heads)
  if (size('attention.value_length', headSize) !== headSize) {
    fields.fail(`${family}.attention.value_length`, `the key length, ${headSize}`)
  }
  if (size('rope.dimension_count', headSize) !== headSize) {
    fields.fail(`${family}.rope.dimension_count`, `the head size, ${headSize}`)
  }
  const theta = fields.positive(`${family}.rope.freq_base`, 10_000)
  const contextLength = size('context_length')
  const scaling = ropeFactors
    ? parseRopeFactors(ropeFactors, { theta, headSize }, fields)
    : parseScaling(fields, family, contextLength)
  const config: ModelConfig = {
    family,
    vocabularySize: vocabularySize(header, fields, family),
    hiddenSize,
    intermediateSize: size('feed_forward_length'),
    layers: size('block_count'),
    heads,
    kvHeads: size('attention.head_count_kv', heads),
    headSize,
    normEpsilon: fields.positive(`${family}.attention.layer_norm_rms_epsilon`),
    rope: { theta, scaling },
    contextLength,
    tiedHead: !header.tensors.has('output.weight'),
    ...biases(header, family),
    queryKeyNorm: family === 'qwen3',
    bosToken: fields.token('tokenizer.ggml.bos_token_id'),
    eosTokens: endTokens(fields),
    dtype: storedDtype(header),
  }
  checkModelConfig(config, header.path)
  return config
}

function parseFamily(fields: GgufFields): ModelFamily {
  const named = fields.text('general.architecture')
  const family = families.find((candidate) => candidate === named)
  if (family) return family
  throw new UserError(
    `${fields.path}: the architecture ${quoted(named)} is not supported; these are: ${families.join(', ')}`,
  )
}

function refuse(fields: GgufFields, family: ModelFamily): void {
  for (const key of refused.map((name) => `${family}.${name}`)) {
    const value = fields.metadata.get(key)
    const harmless = value && value.kind !== 'array' && !Number(value.value)
    if (value && !harmless) {
      throw new UserError(
        `${fields.path}: metadata ${quoted(key)} is set, which this engine does not support and which would change the result`,
      )
    }
  }
  if (fields.size('split.count', 1) > 1) {
    throw new UserError(
      `${fields.path} is one part of a split model; merge the parts with llama-gguf-split first`,
    )
  }
}

function vocabularySize(header: GgufHeader, fields: GgufFields, family: ModelFamily): number {
  const rows = header.tensors.get('token_embd.weight')?.shape[0]
  return fields.size(`${family}.vocab_size`, rows)
}

/** llama.cpp takes a bias where the file has one; the first layer decides, the rest is checked. */
function biases(header: GgufHeader, family: ModelFamily) {
  const has = (name: string) => header.tensors.has(`blk.0.${name}.bias`)
  const found = {
    attentionBias: has('attn_q'),
    outputBias: has('attn_output'),
    mlpBias: has('ffn_gate'),
  }
  if (family === 'qwen2' && !found.attentionBias) {
    throw new UserError(`${header.path}: tensor "blk.0.attn_q.bias" is missing`)
  }
  return found
}

function parseScaling(fields: GgufFields, family: ModelFamily, contextLength: number): RopeScaling {
  const key = (name: string) => `${family}.rope.scaling.${name}`
  const type = fields.text(key('type'), 'none')
  switch (type) {
    case 'none':
      return { kind: 'none' }
    case 'linear':
      return { kind: 'linear', factor: fields.positive(key('factor')) }
    case 'yarn': {
      const factor = fields.positive(key('factor'))
      const scale = fields.positive(key('yarn_attn_factor'), 1)
      return {
        kind: 'yarn',
        factor,
        originalContextLength: fields.size(key('original_context_length'), contextLength),
        betaFast: fields.positive(key('yarn_beta_fast'), 32),
        betaSlow: fields.positive(key('yarn_beta_slow'), 1),
        // As llama.cpp: the file's factor comes on top of YaRN's own.
        attentionFactor: scale * (factor <= 1 ? 1 : 0.1 * Math.log(factor) + 1),
        truncate: true,
      }
    }
    default:
      return fields.fail(key('type'), 'none, linear or yarn')
  }
}

function parseRopeFactors(
  factors: readonly number[],
  rotary: { readonly theta: number; readonly headSize: number },
  fields: GgufFields,
): RopeScaling {
  const [low, high, original] = llama3Keys
  const stored = fields.has(low)
    ? {
        lowFrequencyFactor: fields.positive(low),
        highFrequencyFactor: fields.positive(high),
        originalContextLength: fields.size(original),
      }
    : undefined
  const scaling = llama3FromFactors(factors, rotary, stored)
  if (scaling) return scaling
  throw new UserError(
    `${fields.path}: tensor "${ropeFactorsName}" holds factors on the rotary frequencies that are not llama3 scaling; no other kind is supported`,
  )
}

function endTokens(fields: GgufFields): number[] {
  const tokens = endKeys.map((key) => fields.token(key))
  return [...new Set(tokens.filter((token) => token !== null))]
}

/** The dtype of the embedding, which a quantized file is computed in as bfloat16. */
function storedDtype(header: GgufHeader): WeightDtype {
  switch (header.tensors.get('token_embd.weight')?.type) {
    case 'F32':
      return 'float32'
    case 'F16':
      return 'float16'
    default:
      return 'bfloat16'
  }
}
