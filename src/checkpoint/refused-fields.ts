// Fields of config.json that would change what the model computes and that the decoder does not
// have: refused by name unless they hold the value that switches them off.

import { UserError } from '../base/errors.ts'
import type { JsonObject } from './json-object.ts'
import { quoted } from './quoted.ts'

const off = [null, false, 0] as const
const one = [null, 1] as const

/** Field -> the values with which it changes nothing. */
const neutral: Readonly<Record<string, readonly unknown[]>> = {
  hidden_act: [null, 'silu', 'swish'],
  hidden_activation: [null, 'silu', 'swish'],
  partial_rotary_factor: one,
  quantization_config: [null],
  // Granite and MiniCPM
  attention_multiplier: [null],
  embedding_multiplier: one,
  residual_multiplier: one,
  logits_scaling: one,
  scale_emb: one,
  scale_depth: [null],
  dim_model_base: [null],
  // Cohere, Gemma
  logit_scale: one,
  final_logit_softcapping: off,
  attn_logit_softcapping: off,
  query_pre_attn_scalar: [null],
  // Other layouts of a layer
  clip_qkv: off,
  alibi: off,
  parallel_attn: off,
  use_parallel_residual: off,
  rope_interleaved: off,
  no_rope_layers: [null],
  no_rope_layer_interval: off,
  attn_temperature_tuning: off,
  attention_chunk_size: off,
  use_mrope: off,
  // Experts
  num_experts: off,
  num_local_experts: off,
  n_routed_experts: off,
  // An encoder, or a model around the decoder
  is_encoder_decoder: off,
  is_causal: [null, true],
  vision_config: [null],
  audio_config: [null],
}

/** Refuses the fields above, and windows that would hide earlier tokens from some layer. */
export function refuseUnsupportedFields(fields: JsonObject, place: string): void {
  for (const [key, harmless] of Object.entries(neutral)) {
    const value = fields[key] ?? null
    if (!harmless.includes(value)) refuse(key, value, place)
  }
  refuseWindows(fields, place)
}

/** A sliding window counts where it is switched on, or where the family has no switch for it. */
function refuseWindows(fields: JsonObject, place: string): void {
  const layerTypes = fields['layer_types'] ?? []
  if (!Array.isArray(layerTypes) || layerTypes.some((type) => type !== 'full_attention')) {
    refuse('layer_types', layerTypes, place)
  }
  const isQwen = fields['model_type'] !== 'llama'
  const windowed = isQwen ? fields['use_sliding_window'] === true : true
  if (!windowed || (fields['sliding_window'] ?? null) === null) return
  const layers = fields['num_hidden_layers']
  const firstWindowed = fields['max_window_layers'] ?? 28
  const spared = isQwen && Number(firstWindowed) >= Number(layers)
  if (!spared) refuse('sliding_window', fields['sliding_window'], place)
}

function refuse(key: string, value: unknown, place: string): never {
  throw new UserError(
    `${place}: ${quoted(key)} is ${quoted(JSON.stringify(value))}, which this engine does not support and which would change the result`,
  )
}
