// llama.cpp's names: those of a decoder's weights, beside Hugging Face's, and some metadata keys.

const outer: readonly (readonly [string, string])[] = [
  ['model.embed_tokens', 'token_embd'],
  ['model.norm', 'output_norm'],
  ['lm_head', 'output'],
]

/** Inside `model.layers.N` and `blk.N`. */
const inner: readonly (readonly [string, string])[] = [
  ['input_layernorm', 'attn_norm'],
  ['self_attn.q_proj', 'attn_q'],
  ['self_attn.k_proj', 'attn_k'],
  ['self_attn.v_proj', 'attn_v'],
  ['self_attn.o_proj', 'attn_output'],
  ['self_attn.q_norm', 'attn_q_norm'],
  ['self_attn.k_norm', 'attn_k_norm'],
  ['post_attention_layernorm', 'ffn_norm'],
  ['mlp.gate_proj', 'ffn_gate'],
  ['mlp.up_proj', 'ffn_up'],
  ['mlp.down_proj', 'ffn_down'],
]

const toGguf = { outer: new Map(outer), inner: new Map(inner) }
const toHuggingFace = { outer: swapped(outer), inner: swapped(inner) }

function swapped(pairs: readonly (readonly [string, string])[]): Map<string, string> {
  return new Map(pairs.map(([a, b]) => [b, a]))
}

/** Factors on the rotary frequencies: llama3 scaling in the form that llama.cpp knows. */
export const ropeFactorsName = 'rope_freqs.weight'

/**
 * Metadata of our own beside those factors, which do not tell their settings: low and high
 * frequency factor and original context length. Other programs ignore them.
 */
export const llama3Keys = [
  'retool.rope.low_frequency_factor',
  'retool.rope.high_frequency_factor',
  'retool.rope.original_context_length',
] as const

/** Tokens that end a text, a turn, or a message to be continued by a tool. */
export const endKeys = [
  'tokenizer.ggml.eos_token_id',
  'tokenizer.ggml.eot_token_id',
  'tokenizer.ggml.eom_token_id',
] as const

/** `model.layers.3.self_attn.q_proj.weight` -> `blk.3.attn_q.weight`; undefined if unknown. */
export function ggufName(name: string): string | undefined {
  return renamed(name, { layers: 'model.layers', names: toGguf, newLayers: 'blk' })
}

/** `blk.3.attn_q.weight` -> `model.layers.3.self_attn.q_proj.weight`; undefined if unknown. */
export function huggingFaceName(name: string): string | undefined {
  return renamed(name, { layers: 'blk', names: toHuggingFace, newLayers: 'model.layers' })
}

type Renaming = {
  readonly layers: string
  readonly newLayers: string
  readonly names: { readonly outer: Map<string, string>; readonly inner: Map<string, string> }
}

function renamed(name: string, { layers, names, newLayers }: Renaming): string | undefined {
  const ending = /\.(weight|bias)$/.exec(name)?.[0]
  if (!ending) return undefined
  const stem = name.slice(0, -ending.length)
  const direct = names.outer.get(stem)
  if (direct) return `${direct}${ending}`
  if (!stem.startsWith(`${layers}.`)) return undefined
  const parts = /^(\d{1,6})\.(.+)$/.exec(stem.slice(layers.length + 1))
  const part = names.inner.get(parts?.[2] ?? '')
  return part && parts ? `${newLayers}.${parts[1]}.${part}${ending}` : undefined
}
