// What several sequences begin a page with is computed once: the others copy its keys and values.

import { indexCopyInPlace, indexSelect } from '../tensor/shape.ts'
import { integers, toDevice } from '../tensor/transfer.ts'
import type { Cache } from './cache.ts'
import { pageSize, slotsOf } from './page.ts'
import type { PlannedPiece } from './scheduled-sequence.ts'

/**
 * Carries out all copies of a step, before it writes anything: a page may be copied from and given
 * to another sequence in the same step.
 */
export function copyTokens(cache: Cache, plan: readonly PlannedPiece[]): void {
  const from: number[] = []
  const to: number[] = []
  for (const { copied, start, pages } of plan) {
    if (!copied) continue
    for (let token = 0; token < copied.tokens; token++) from.push(copied.page * pageSize + token)
    to.push(...slotsOf(pages, start).slice(start - copied.tokens))
  }
  const device = cache.layers[0]?.keys_SKD.device
  if (from.length === 0 || device === undefined) return
  const [from_T, to_T] = [toDevice(integers(from), device), toDevice(integers(to), device)]
  for (const { keys_SKD, values_SKD } of cache.layers) {
    for (const stored of [keys_SKD, values_SKD]) {
      indexCopyInPlace(stored, 0, to_T, indexSelect(stored, 0, from_T))
    }
  }
}
