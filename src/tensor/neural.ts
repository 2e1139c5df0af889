// The operators of a transformer.

import { add, multiply } from './arithmetic.ts'
import { type DType, dtypeCode } from './dtype.ts'
import { hasKernel, hasTrainingKernel } from './kernel.ts'
import { operator, operatorOfSeveral } from './operator.ts'
import type { Tensor } from './tensor.ts'

const matmulOf = operator('aten::matmul')
const linearOf = operator('aten::linear')
const linearOfFew = operator('retool::linear_of_few')
const packLinear = operator('retool::pack_linear')
const linearPackedOf = operatorOfSeveral('retool::linear_packed')
const embeddingOf = operator('aten::embedding')
const siluOf = operator('aten::silu')
const rmsNormOf = operator('aten::rms_norm')
const rmsNormKernel = operator('retool::rms_norm')
const addRmsNormKernel = operatorOfSeveral('retool::add_rms_norm')
const gatedSiluKernel = operator('retool::gated_silu')
const softmaxOf = operator('aten::softmax', 'int')
const logSoftmaxOf = operator('aten::log_softmax', 'int')
const attentionOf = operator('aten::scaled_dot_product_attention')
const treeAttentionKernel = operatorOfSeveral('retool::tree_attention')

export function matmul(a: Tensor, b: Tensor): Tensor {
  return matmulOf(a, b)
}

/** Rows up to which reading the weights once is faster than libtorch's matrix product. */
const mostRows = 4

/** input [..., in] times weight [out, in] transposed, plus bias [out]. */
export function linear(input: Tensor, weight: Tensor, bias: Tensor | null = null): Tensor {
  // bfloat16 only: in float32 libtorch's own sums come closer to the reference.
  const isSmall = input.dtype === 'bfloat16' && input.size <= mostRows * weight.dimension(1)
  if (isSmall && hasKernel(input)) return linearOfFew(input, weight, bias)
  return linearOf(input, weight, bias)
}

/** A weight [out, in] of `linear` in the order in which `linearPacked` reads it, for `hasPackedLinear`. */
export function packed(weight: Tensor): Tensor {
  return packLinear(weight)
}

/** A linear map whose weight [outputs, in] was packed. */
export interface PackedMap {
  readonly packed: Tensor
  readonly bias: Tensor | null
  readonly outputs: number
}

/** `linear` of one input by several maps at once; without gradient. */
export function linearPacked(input: Tensor, maps: readonly PackedMap[]): Tensor[] {
  const weights = maps.map(({ packed }) => packed)
  const biases = maps.map(({ bias }) => bias)
  const outputs = maps.map(({ outputs }) => outputs)
  return linearPackedOf(input, weights, biases, outputs) as Tensor[]
}

/** Rows of weight [vocabulary, size] for ids of any shape. */
export function embedding(weight: Tensor, ids: Tensor): Tensor {
  return embeddingOf(weight, ids)
}

export function silu(tensor: Tensor): Tensor {
  return siluOf(tensor)
}

/** silu(gate) * up. */
export function gatedSilu(gate: Tensor, up: Tensor): Tensor {
  return hasTrainingKernel(gate) ? gatedSiluKernel(gate, up) : multiply(siluOf(gate), up)
}

/** x / sqrt(mean(x^2) + epsilon) * weight over the last dimension. */
export function rmsNorm(tensor: Tensor, weight: Tensor, epsilon: number): Tensor {
  if (hasTrainingKernel(tensor)) return rmsNormKernel(tensor, weight, epsilon)
  return rmsNormOf(tensor, weight.shape, weight, epsilon)
}

export interface NormedSum {
  readonly sum: Tensor
  readonly normed: Tensor
}

/** a + b and its norm, which every layer needs of its residual stream. */
export function addRmsNorm(a: Tensor, b: Tensor, weight: Tensor, epsilon: number): NormedSum {
  if (!hasTrainingKernel(a)) {
    const sum = add(a, b)
    return { sum, normed: rmsNorm(sum, weight, epsilon) }
  }
  const [sum, normed] = addRmsNormKernel(a, b, weight, epsilon)
  if (!sum || !normed) throw new Error('defect: a norm without a result')
  return { sum, normed }
}

/** Computed and returned in `dtype` if one is named. */
export function softmax(tensor: Tensor, dimension: number, dtype?: DType): Tensor {
  return softmaxOf(tensor, dimension, dtype ? dtypeCode(dtype) : null)
}

export function logSoftmax(tensor: Tensor, dimension: number, dtype?: DType): Tensor {
  return logSoftmaxOf(tensor, dimension, dtype ? dtypeCode(dtype) : null)
}

export interface AttentionOptions {
  /** Bool (true: may look) or additive, broadcast to [batch, heads, queries, keys]. */
  readonly mask?: Tensor
  readonly causal?: boolean
  readonly scale?: number
  /** Keys and values have fewer heads than queries. */
  readonly grouped?: boolean
}

/** softmax(q k^T scale) v for q, k, v of [batch, heads, length, head size]. */
export function attention(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  options: AttentionOptions = {},
): Tensor {
  const { mask, causal = false, scale, grouped = false } = options
  return attentionOf(query, key, value, mask ?? null, 0, causal, scale ?? null, grouped)
}

/** Whether `treeAttention` is there for tensors like this one, split into heads of that size. */
export function hasTreeAttention(like: Tensor, headSize: number): boolean {
  return hasTrainingKernel(like) && headSize % 16 === 0
}

export interface AttentionHeads {
  /** [tokens, heads, head size] */
  readonly query: Tensor
  /** [tokens, key heads, head size] */
  readonly key: Tensor
  readonly value: Tensor
}

/**
 * Causal attention over runs of tokens that lie end to end: each token sees itself, what came before
 * it in its run, and all of the runs that its own comes after. `parents` are indices of earlier
 * runs, -1 for none.
 */
export function treeAttention(
  { query, key, value }: AttentionHeads,
  lengths: readonly number[],
  parents: readonly number[],
): Tensor {
  const [seen, totals] = treeAttentionKernel(query, key, value, lengths, parents)
  totals?.dispose()
  if (!seen) throw new Error('defect: attention without a result')
  return seen
}
