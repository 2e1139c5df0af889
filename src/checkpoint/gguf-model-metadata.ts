// Our model configuration to the metadata that llama.cpp needs to run the model.

import { UserError } from '../base/errors.ts'
import type { ModelConfig } from '../model/config.ts'
import { llama3Keys } from './gguf-names.ts'
import type { GgufNumberKind, GgufValue } from './gguf-value.ts'

/** Storage of the matrices; vectors and llama3's rope factors stay in F32, as llama.cpp wants. */
export type GgufTarget = 'F32' | 'F16' | 'BF16' | 'Q8_0'

/** llama.cpp's numbers for what a file mostly consists of. */
const fileTypes: Readonly<Record<GgufTarget, number>> = { F32: 0, F16: 1, Q8_0: 7, BF16: 32 }

/** Metadata of the architecture; the tokenizer's keys come on top. */
export function ggufModelMetadata(
  config: ModelConfig,
  name: string,
  target: GgufTarget,
): Map<string, GgufValue> {
  const metadata = new Map<string, GgufValue>()
  const text = (key: string, value: string) => metadata.set(key, { kind: 'string', value })
  const number = (key: string, value: number, kind: GgufNumberKind = 'uint32') =>
    metadata.set(`${config.family}.${key}`, { kind, value })
  text('general.architecture', config.family)
  text('general.type', 'model')
  text('general.name', name)
  metadata.set('general.file_type', { kind: 'uint32', value: fileTypes[target] })
  metadata.set('general.quantization_version', { kind: 'uint32', value: 2 })
  number('block_count', config.layers)
  number('context_length', config.contextLength)
  number('embedding_length', config.hiddenSize)
  number('feed_forward_length', config.intermediateSize)
  number('attention.head_count', config.heads)
  number('attention.head_count_kv', config.kvHeads)
  number('attention.key_length', config.headSize)
  number('attention.value_length', config.headSize)
  number('attention.layer_norm_rms_epsilon', config.normEpsilon, 'float32')
  number('vocab_size', config.vocabularySize)
  number('rope.dimension_count', config.headSize)
  number('rope.freq_base', config.rope.theta, 'float32')
  addScaling(config, { text, number })
  addLlama3Settings(config, metadata)
  return metadata
}

type Setters = {
  readonly text: (key: string, value: string) => unknown
  readonly number: (key: string, value: number, kind?: GgufNumberKind) => unknown
}

function addLlama3Settings({ rope }: ModelConfig, metadata: Map<string, GgufValue>): void {
  if (rope.scaling.kind !== 'llama3') return
  const { lowFrequencyFactor, highFrequencyFactor, originalContextLength } = rope.scaling
  const [low, high, original] = llama3Keys
  metadata.set(low, { kind: 'float64', value: lowFrequencyFactor })
  metadata.set(high, { kind: 'float64', value: highFrequencyFactor })
  metadata.set(original, { kind: 'uint32', value: originalContextLength })
}

function addScaling({ family, rope }: ModelConfig, { text, number }: Setters): void {
  const { scaling } = rope
  switch (scaling.kind) {
    case 'none':
    case 'llama3': // Its factors go into a tensor.
      return
    case 'linear':
      text(`${family}.rope.scaling.type`, 'linear')
      number('rope.scaling.factor', scaling.factor, 'float32')
      return
    case 'yarn': {
      if (!scaling.truncate) {
        throw new UserError('GGUF cannot express YaRN with "truncate": false; save as safetensors')
      }
      const own = scaling.factor <= 1 ? 1 : 0.1 * Math.log(scaling.factor) + 1
      text(`${family}.rope.scaling.type`, 'yarn')
      number('rope.scaling.factor', scaling.factor, 'float32')
      number('rope.scaling.original_context_length', scaling.originalContextLength)
      number('rope.scaling.yarn_attn_factor', scaling.attentionFactor / own, 'float32')
      number('rope.scaling.yarn_beta_fast', scaling.betaFast, 'float32')
      number('rope.scaling.yarn_beta_slow', scaling.betaSlow, 'float32')
      return
    }
    default:
      scaling satisfies never
  }
}
