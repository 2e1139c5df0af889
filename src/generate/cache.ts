// Where keys and values of earlier tokens live: one slot per token, allotted in pages.
//
// Letters: S slots, K key/value heads, D head size.

import type { ModelConfig } from '../model/config.ts'
import { zeros } from '../tensor/creation.ts'
import { type DType, dtypeBytes } from '../tensor/dtype.ts'
import { unowned } from '../tensor/scope.ts'
import type { Device, Tensor } from '../tensor/tensor.ts'

/** Keys and values of one layer, each [S, K, D]. */
export interface LayerCache {
  readonly keys_SKD: Tensor
  readonly values_SKD: Tensor
}

export interface CacheOptions {
  /** Tokens that fit at once, all sequences together. */
  readonly slots: number
  readonly dtype: DType
  readonly device: Device
}

/** The preallocated cache of all layers. */
export class Cache {
  readonly layers: readonly LayerCache[]
  readonly bytes: number

  constructor(config: ModelConfig, options: CacheOptions) {
    const { slots, dtype, device } = options
    const shape = [slots, config.kvHeads, config.headSize]
    const one = () => zeros(shape, { dtype, device })
    this.layers = unowned(() =>
      Array.from({ length: config.layers }, () => ({ keys_SKD: one(), values_SKD: one() })),
    )
    this.bytes = slots * bytesPerToken(config, dtype)
  }

  [Symbol.dispose](): void {
    for (const { keys_SKD, values_SKD } of this.layers) {
      keys_SKD.dispose()
      values_SKD.dispose()
    }
  }
}

/** Bytes that one token takes in the cache, over all layers. */
export function bytesPerToken(config: ModelConfig, dtype: DType): number {
  return 2 * config.layers * config.kvHeads * config.headSize * dtypeBytes(dtype)
}
