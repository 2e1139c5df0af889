// How tokens of a packed forward look at one another. The decoder does not know: it hands over
// queries, keys and values and takes back what was seen.
//
// Letters: T tokens (packed), L tokens of one sequence, N heads, K key/value heads, D head size.

import { greater, maskedFill } from '../tensor/comparison.ts'
import { arange, zeros } from '../tensor/creation.ts'
import { attention, hasTreeAttention, treeAttention } from '../tensor/neural.ts'
import { scope } from '../tensor/scope.ts'
import { concatenate, expand, permute, reshape, split, unsqueeze, view } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { contiguous } from '../tensor/transfer.ts'
import { type RopeAngles, rotate } from './rope.ts'

/** What a layer computed of its tokens, before the rotary embedding. */
export interface Heads {
  readonly query_TND: Tensor
  readonly key_TKD: Tensor
  readonly value_TKD: Tensor
}

/** The heads of a layer's tokens and their angles -> what each token saw, [T, N, D]. */
export type Attend = (layer: number, heads: Heads, angles: RopeAngles) => Tensor

/** [L, K, D] -> [1, N, L, D]: every group of N / K query heads shares a key head. */
function spread(heads_LKD: Tensor, heads: number): Tensor {
  const [length, kvHeads, size] = heads_LKD.shape as [number, number, number]
  const heads_1KLD = headsFirst(heads_LKD)
  if (kvHeads === heads) return heads_1KLD
  const group = heads / kvHeads
  const spread_KGLD = expand(unsqueeze(heads_1KLD, 2), [1, kvHeads, group, length, size])
  return reshape(spread_KGLD, [1, heads, length, size])
}

/** [L, N, D] -> [1, N, L, D] */
function headsFirst(heads_LND: Tensor): Tensor {
  return unsqueeze(permute(heads_LND, [1, 0, 2]), 0)
}

/**
 * Attention of one sequence: query [L, N, D] onto key and value [M, K, D]. Without a mask causal,
 * L = M; else the mask, bool or additive, [L, M], says who may look where.
 */
export function causalAttention(
  query_LND: Tensor,
  key_MKD: Tensor,
  value_MKD: Tensor,
  mask_LM?: Tensor,
): Tensor {
  const [length, heads, size] = query_LND.shape as [number, number, number]
  const mask = mask_LM ? { mask: mask_LM } : { causal: true }
  // The CPU's kernel shares key heads by itself; elsewhere that would cost the fast kernels.
  const grouped = query_LND.device === 'cpu' && key_MKD.dimension(1) !== heads
  const side = (tensor: Tensor) => (grouped ? headsFirst(tensor) : spread(tensor, heads))
  const seen_1NLD = attention(headsFirst(query_LND), side(key_MKD), side(value_MKD), {
    ...mask,
    grouped,
  })
  return permute(view(seen_1NLD, [heads, length, size]), [1, 0, 2])
}

/** A run of packed tokens that comes after all tokens of its parent, or begins a sequence. */
export interface Branch {
  readonly length: number
  /** Index of an earlier branch, or null. */
  readonly parent: number | null
}

/** Attention for sequences laid end to end without padding; `lengths` sum to T. */
export function packedAttention(lengths: readonly number[]): Attend {
  const roots = lengths.map((length): Branch => ({ length, parent: null }))
  return attendBranches(roots, () => {
    throw new Error('defect: a root needs no mask')
  })
}

/**
 * Attention for branches laid end to end in their order, so that sequences with a common beginning
 * hold it once: each token sees itself, what came before it in its branch, and its ancestors. No
 * cache; gradients flow. `like` has the dtype and device of the computation.
 */
export function branchAttention(
  branches: readonly Branch[],
  like: Tensor,
  headSize: number,
): Attend {
  return hasTreeAttention(like, headSize) ? attendTree(branches) : attendMasked(branches, like)
}

/** By the addon's kernel, in one call. */
function attendTree(branches: readonly Branch[]): Attend {
  const lengths = branches.map(({ length }) => length)
  const parents = branches.map(({ parent }) => parent ?? -1)
  return (_layer, { query_TND, key_TKD, value_TKD }, angles) => {
    const query = contiguous(rotate(query_TND, angles))
    const key = contiguous(rotate(key_TKD, angles))
    return treeAttention({ query, key, value: contiguous(value_TKD) }, lengths, parents)
  }
}

/** By libtorch's attention, branch by branch. */
function attendMasked(branches: readonly Branch[], like: Tensor): Attend {
  const masks = new Map<string, Tensor>()
  for (const [index, { length }] of branches.entries()) {
    const before = tokensBefore(branches, index)
    const key = `${before}+${length}`
    if (before > 0 && !masks.has(key)) masks.set(key, lowerRight(before, length, like))
  }
  return attendBranches(branches, (before, length) => {
    const mask = masks.get(`${before}+${length}`)
    if (!mask) throw new Error('defect: a branch without its mask')
    return mask
  })
}

function attendBranches(
  branches: readonly Branch[],
  maskOf: (before: number, length: number) => Tensor,
): Attend {
  const lengths = branches.map(({ length }) => length)
  const chains = branches.map((_, index) => chainOf(branches, index))
  return (_layer, heads, angles) => {
    const parts = (tensor: Tensor) => (lengths.length === 1 ? [tensor] : split(tensor, lengths, 0))
    const queries = parts(rotate(heads.query_TND, angles))
    const keys = parts(rotate(heads.key_TKD, angles))
    const values = parts(heads.value_TKD)
    const seen = queries.map((query_LND, index) => {
      const chain = chains[index] ?? []
      const along = (pieces: readonly Tensor[]) => {
        const own = chain.map((branch) => pieces[branch] as Tensor)
        return own.length === 1 ? (own[0] as Tensor) : concatenate(own, 0)
      }
      const before = tokensBefore(branches, index)
      const mask = before > 0 ? maskOf(before, lengths[index] ?? 0) : undefined
      return causalAttention(query_LND, along(keys), along(values), mask)
    })
    return seen.length === 1 ? (seen[0] as Tensor) : concatenate(seen, 0)
  }
}

/** A branch's ancestors from the root down, and itself. */
function chainOf(branches: readonly Branch[], index: number): number[] {
  const parent = branches[index]?.parent ?? null
  return parent === null ? [index] : [...chainOf(branches, parent), index]
}

/** Tokens of a branch's ancestors. */
export function tokensBefore(branches: readonly Branch[], index: number): number {
  const parent = branches[index]?.parent ?? null
  return parent === null ? 0 : tokensBefore(branches, parent) + (branches[parent]?.length ?? 0)
}

/** Additive [length, before + length]: nothing to see after oneself. */
function lowerRight(before: number, length: number, like: Tensor): Tensor {
  return scope(() => {
    const device = like.device
    const rows = unsqueeze(arange(before, before + length, { device }), 1)
    const hidden = greater(arange(0, before + length, { device }), rows)
    const nothing = zeros([length, before + length], { dtype: like.dtype, device })
    return maskedFill(nothing, hidden, Number.NEGATIVE_INFINITY)
  })
}
