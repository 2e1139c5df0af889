// How many layers of a micro-batch are computed once more on the way back, because keeping what is
// inside them would take too much memory. Decides memory and speed, never the result.

import type { ModelConfig } from '../model/config.ts'

/** Bytes that the activations of one micro-batch may take before layers are recomputed. */
const activationBudget = 2 ** 31

/** `auto` recomputes as few layers as the budget asks for; else all of them, or none. */
export type Recomputation = 'auto' | boolean

/**
 * What a layer keeps of one token for its way back, with our kernels: both sums of the residual
 * stream and their norms, heads before and after attention, and the MLP's three.
 */
export function activationNumbers(config: ModelConfig): number {
  const { hiddenSize, intermediateSize, heads, kvHeads, headSize } = config
  return 4 * hiddenSize + 2 * (heads + kvHeads) * headSize + 3 * intermediateSize
}

/** Of a micro-batch of so many tokens, whose numbers take `numberBytes` each. */
export function recomputedLayers(
  config: ModelConfig,
  { tokens, numberBytes }: { readonly tokens: number; readonly numberBytes: number },
  recomputation: Recomputation,
): number {
  const { layers, hiddenSize } = config
  if (recomputation !== 'auto') return recomputation ? layers : 0
  const input = tokens * hiddenSize * numberBytes
  const inside = tokens * activationNumbers(config) * numberBytes
  if (layers * inside <= activationBudget) return 0
  // A recomputed layer keeps its input; while one is recomputed, its inside is there as well.
  const room = activationBudget - inside - layers * input
  return layers - Math.max(0, Math.floor(room / (inside - input)))
}
