// The rotary part of config.json, in transformers' new spelling (rope_parameters) and its old one
// (rope_theta, rope_scaling), and back.

import { UserError } from '../base/errors.ts'
import type { ModelConfig, RopeScaling } from '../model/config.ts'
import { ConfigFields } from './config-fields.ts'
import { isJsonObject, type JsonObject } from './json-object.ts'
import { quoted } from './quoted.ts'

const defaultTheta = 10_000

/** Keys of each rope type; another one may change the result in a way that we do not know. */
const knownKeys: Readonly<Record<string, readonly string[]>> = {
  default: [],
  linear: ['factor'],
  llama3: ['factor', 'low_freq_factor', 'high_freq_factor', 'original_max_position_embeddings'],
  yarn: [
    'factor',
    'original_max_position_embeddings',
    'beta_fast',
    'beta_slow',
    'attention_factor',
    'mscale',
    'mscale_all_dim',
    'truncate',
  ],
}
const keysOfAll = ['rope_type', 'type', 'rope_theta', 'partial_rotary_factor']

/** Reads the rotary settings of a whole config.json. */
export function parseRope(config: ConfigFields): ModelConfig['rope'] {
  const nested = config.fields['rope_scaling'] ?? config.fields['rope_parameters'] ?? {}
  if (!isJsonObject(nested)) throw new UserError(`${config.place}: rope settings must be an object`)
  const rope = new ConfigFields(nested, `${config.place}, rope settings`)
  const type = rope.text('rope_type', rope.text('type', 'default'))
  const known = Object.hasOwn(knownKeys, type) ? knownKeys[type] : undefined
  if (!known) {
    const types = Object.keys(knownKeys).join(', ')
    throw new UserError(
      `${rope.place}: the type ${quoted(type)} is not supported; these are: ${types}`,
    )
  }
  for (const key of Object.keys(nested)) {
    if (rope.has(key) && !known.includes(key) && !keysOfAll.includes(key)) {
      throw new UserError(`${rope.place}: ${quoted(key)} is not supported for type ${quoted(type)}`)
    }
  }
  if (rope.positive('partial_rotary_factor', 1) !== 1) rope.fail('partial_rotary_factor', '1')
  const theta = rope.positive('rope_theta', config.positive('rope_theta', defaultTheta))
  return { theta, scaling: parseScaling(type, rope, config) }
}

function parseScaling(type: string, rope: ConfigFields, config: ConfigFields): RopeScaling {
  const original = () => {
    const outer = 'original_max_position_embeddings'
    if (config.has(outer)) return config.size(outer)
    return rope.size(outer, config.size('max_position_embeddings'))
  }
  switch (type) {
    case 'linear':
      return { kind: 'linear', factor: rope.positive('factor') }
    case 'llama3':
      return {
        kind: 'llama3',
        factor: rope.positive('factor'),
        lowFrequencyFactor: rope.positive('low_freq_factor'),
        highFrequencyFactor: rope.positive('high_freq_factor'),
        originalContextLength: original(),
      }
    case 'yarn':
      return parseYarn(rope, original(), config.size('max_position_embeddings'))
    default:
      return { kind: 'none' }
  }
}

function parseYarn(rope: ConfigFields, original: number, contextLength: number): RopeScaling {
  const factor = rope.positive('factor', contextLength / original)
  return {
    kind: 'yarn',
    factor,
    originalContextLength: original,
    // A zero counts as absent, as in transformers.
    betaFast: rope.fields['beta_fast'] === 0 ? 32 : rope.positive('beta_fast', 32),
    betaSlow: rope.fields['beta_slow'] === 0 ? 1 : rope.positive('beta_slow', 1),
    attentionFactor: attentionFactor(rope, factor),
    truncate: rope.flag('truncate', true),
  }
}

/**
 * What cosine and sine are multiplied by: given, or 0.1 m ln(factor) + 1 (YaRN, arXiv 2309.00071,
 * section 3.4), with DeepSeek's quotient of two such terms where both mscales are given.
 */
function attentionFactor(rope: ConfigFields, factor: number): number {
  if (rope.has('attention_factor')) return rope.positive('attention_factor')
  const scale = (m: number) => (factor <= 1 ? 1 : 0.1 * m * Math.log(factor) + 1)
  const given = (key: string) => (rope.fields[key] === 0 ? undefined : rope.has(key))
  if (!given('mscale') || !given('mscale_all_dim')) return scale(1)
  return scale(rope.positive('mscale')) / scale(rope.positive('mscale_all_dim'))
}

/** The value of `rope_scaling`, which every version of transformers reads. */
export function writeRopeScaling(scaling: RopeScaling): JsonObject | null {
  switch (scaling.kind) {
    case 'none':
      return null
    case 'linear':
      return { rope_type: 'linear', factor: scaling.factor }
    case 'llama3':
      return {
        rope_type: 'llama3',
        factor: scaling.factor,
        low_freq_factor: scaling.lowFrequencyFactor,
        high_freq_factor: scaling.highFrequencyFactor,
        original_max_position_embeddings: scaling.originalContextLength,
      }
    case 'yarn':
      return {
        rope_type: 'yarn',
        factor: scaling.factor,
        original_max_position_embeddings: scaling.originalContextLength,
        beta_fast: scaling.betaFast,
        beta_slow: scaling.betaSlow,
        attention_factor: scaling.attentionFactor,
        truncate: scaling.truncate,
      }
    default:
      return scaling satisfies never
  }
}
