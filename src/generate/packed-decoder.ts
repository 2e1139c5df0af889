// A decoder whose linear maps have a packed copy beside them, for machines on which the engine's
// kernels multiply by those in less time: a quarter less with one sequence or 128, half with 32.

import { processorFlags } from '../base/processor.ts'
import type { ModelConfig, WeightDtype } from '../model/config.ts'
import type { Decoder } from '../model/decoder.ts'
import type { LayerWeights, Projection } from '../model/decoder-weights.ts'
import { expectedWeights } from '../model/weights.ts'
import { inference } from '../tensor/autograd.ts'
import { hasPackedLinear } from '../tensor/kernel.ts'
import { packed } from '../tensor/neural.ts'
import { unowned } from '../tensor/scope.ts'

/** Numbers in linear maps above which a second copy (two bytes each) asks too much of a machine. */
const mostNumbers = 2 ** 31

export interface PackedDecoder extends Disposable {
  /** Shares everything but the copies with the decoder it was made from. */
  readonly decoder: Decoder
}

/**
 * Bytes that the copies of a model take on this machine; see `hasPackedLinear`, which knows what the
 * addon was built for.
 */
export function packedBytes(config: ModelConfig, dtype: WeightDtype): number {
  const flags = processorFlags()
  const packs = flags.includes('avx512_bf16') && !flags.includes('amx_bf16')
  if (!packs || dtype !== 'bfloat16') return 0
  const maps = [...expectedWeights(config)].flatMap(([name, [outputs = 0, inputs]]) =>
    inputs !== undefined && (config.tiedHead || name !== 'model.embed_tokens.weight')
      ? [{ numbers: outputs * inputs, padded: Math.ceil(outputs / 32) * 32 * inputs }]
      : [],
  )
  const sum = (of: (map: (typeof maps)[number]) => number) =>
    maps.reduce((total, map) => total + of(map), 0)
  return sum(({ numbers }) => numbers) > mostNumbers ? 0 : 2 * sum(({ padded }) => padded)
}

/** The copies are of the weights as they are now; disposing frees them. */
export function packDecoder(decoder: Decoder): PackedDecoder {
  const { weights } = decoder
  const maps = [weights.head, ...weights.layers.flatMap(mapsOf)]
  const numbers = maps.reduce((sum, { weight }) => sum + weight.size, 0)
  if (numbers > mostNumbers) return { decoder, [Symbol.dispose]: () => undefined }
  const layers = weights.layers.map(packLayer)
  const head = pack(weights.head)
  return {
    decoder: { ...decoder, weights: { ...weights, layers, head } },
    [Symbol.dispose]() {
      for (const { packed } of [head, ...layers.flatMap(mapsOf)]) packed?.dispose()
    },
  }
}

function mapsOf({ query, key, value, output, gate, up, down }: LayerWeights): Projection[] {
  return [query, key, value, output, gate, up, down]
}

function packLayer(layer: LayerWeights): LayerWeights {
  return {
    ...layer,
    query: pack(layer.query),
    key: pack(layer.key),
    value: pack(layer.value),
    output: pack(layer.output),
    gate: pack(layer.gate),
    up: pack(layer.up),
    down: pack(layer.down),
  }
}

function pack(projection: Projection): Projection {
  return inference(() => {
    if (!hasPackedLinear(projection.weight)) return projection
    return { ...projection, packed: unowned(() => packed(projection.weight)) }
  })
}
