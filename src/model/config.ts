// What decides a decoder's arithmetic: read from config.json or GGUF metadata, trusted by all below.

/** The rows of the decoder's table: which biases and norms a layer has follows from the others. */
export type ModelFamily = 'llama' | 'qwen2' | 'qwen3'

/** How the rotary frequencies are stretched for contexts longer than in pretraining. */
export type RopeScaling =
  | { readonly kind: 'none' }
  | { readonly kind: 'linear'; readonly factor: number }
  | {
      readonly kind: 'llama3'
      readonly factor: number
      readonly lowFrequencyFactor: number
      readonly highFrequencyFactor: number
      readonly originalContextLength: number
    }
  | {
      readonly kind: 'yarn'
      readonly factor: number
      readonly originalContextLength: number
      readonly betaFast: number
      readonly betaSlow: number
      /** What cosine and sine are multiplied by; already resolved from factor and mscale. */
      readonly attentionFactor: number
      /** Whether the correction range is rounded outwards to whole dimensions. */
      readonly truncate: boolean
    }

/** The kinds of number that weights are computed in. */
export type WeightDtype = 'float32' | 'bfloat16' | 'float16'

/**
 * A decoder, as a plain record. Example (SmolLM2-135M): family `llama`, vocabularySize 49152,
 * hiddenSize 576, intermediateSize 1536, layers 30, heads 9, kvHeads 3, headSize 64, tiedHead true.
 */
export type ModelConfig = {
  readonly family: ModelFamily
  readonly vocabularySize: number
  readonly hiddenSize: number
  readonly intermediateSize: number
  readonly layers: number
  readonly heads: number
  readonly kvHeads: number
  /** Width of one head; heads x headSize need not be hiddenSize. */
  readonly headSize: number
  readonly normEpsilon: number
  readonly rope: { readonly theta: number; readonly scaling: RopeScaling }
  /** Most tokens the model can read. */
  readonly contextLength: number
  /** The head's matrix is the embedding's. */
  readonly tiedHead: boolean
  /** Biases of q_proj, k_proj and v_proj. */
  readonly attentionBias: boolean
  /** Bias of o_proj. */
  readonly outputBias: boolean
  readonly mlpBias: boolean
  /** RMS norms of each head's queries and keys (Qwen3). */
  readonly queryKeyNorm: boolean
  readonly bosToken: number | null
  readonly eosTokens: readonly number[]
  /** What the weights were stored in. */
  readonly dtype: WeightDtype
}
