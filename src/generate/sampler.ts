// From logits to the next token of each sequence, with the log-prob of the distribution that it was
// drawn from: a kernel on the CPU, and the same composed of libtorch's operators, its reference.
//
// Letters: B rows (sequences), V vocabulary.

import { divide, exp, multiply, subtract } from '../tensor/arithmetic.ts'
import { greater, greaterOrEqual, less, maskedFill, or } from '../tensor/comparison.ts'
import { arange } from '../tensor/creation.ts'
import { hasKernel } from '../tensor/kernel.ts'
import { logSoftmax } from '../tensor/neural.ts'
import { operator } from '../tensor/operator.ts'
import { argmax, cumulativeSum, sort } from '../tensor/reduction.ts'
import { scope } from '../tensor/scope.ts'
import { gather, index, narrow, stack, unsqueeze } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import {
  integers,
  read,
  readFloats,
  readIntegers,
  tensorFrom,
  toDevice,
  toDtype,
} from '../tensor/transfer.ts'
import type { Sampling } from '../trajectory/policy.ts'

/** What decides the draw of one row. */
export interface Draw extends Pick<Sampling, 'temperature' | 'topP' | 'topK' | 'minP'> {
  /** Uniform in [0, 1), from the sequence's own stream: the rest of the batch cannot matter. */
  readonly uniform: number
}

export interface Drawn {
  readonly token: number
  /** Natural log-prob under the distribution drawn from; at temperature 0, under temperature 1. */
  readonly logprob: number
  /** Natural log-prob under the untempered, uncut distribution. */
  readonly plainLogprob: number
}

/** Below 1 by more than the rounding of a sum, so that the target stays below the total. */
const largestUniform = 1 - 2 ** -32

const sampleKernel = operator('retool::sample')
const scatterInto = operator('aten::scatter', 'src')
const onesLike = operator('aten::ones_like')

/** One token per row of logits [B, V]. */
export function sample(logits_BV: Tensor, draws: readonly Draw[]): Drawn[] {
  return scope(() =>
    hasKernel(logits_BV) ? sampleByKernel(logits_BV, draws) : sampleComposed(logits_BV, draws),
  )
}

function sampleByKernel(logits_BV: Tensor, draws: readonly Draw[]): Drawn[] {
  const settings = draws.flatMap(({ temperature, topK, topP, minP, uniform }) => {
    return [temperature, topK, topP, minP, uniform]
  })
  const settings_B5 = tensorFrom(Float64Array.from(settings), [draws.length, 5])
  const found = read(sampleKernel(logits_BV, settings_B5)) as Float64Array
  return draws.map((_, row) => ({
    token: found[row * 3] as number,
    logprob: found[row * 3 + 1] as number,
    plainLogprob: found[row * 3 + 2] as number,
  }))
}

function sampleComposed(logits_BV: Tensor, draws: readonly Draw[]): Drawn[] {
  return scope(() => {
    const plain_BV = logSoftmax(logits_BV, 1, 'float32')
    const tempered_BV = isPlain(draws) ? plain_BV : cut(plain_BV, draws)
    const tokens_B = draws.every((draw) => draw.temperature === 0)
      ? argmax(plain_BV, 1)
      : choose(plain_BV, tempered_BV, draws)
    const pick = (from_BV: Tensor) => readFloats(gather(from_BV, 1, unsqueeze(tokens_B, 1)))
    const [logprobs, plain] = [pick(tempered_BV), pick(plain_BV)]
    return readIntegers(tokens_B).map((token, row) => ({
      token,
      logprob: logprobs[row] as number,
      plainLogprob: plain[row] as number,
    }))
  })
}

function isPlain(draws: readonly Draw[]): boolean {
  return draws.every(
    ({ temperature, topP, topK, minP }) =>
      (temperature === 1 || temperature === 0) && topP >= 1 && topK <= 0 && minP <= 0,
  )
}

function column(draws: readonly Draw[], of: (draw: Draw) => number, like: Tensor): Tensor {
  return toDevice(tensorFrom(Float32Array.from(draws, of), [draws.length, 1]), like.device)
}

/** Log-probs after temperature, then top-k, top-p and min-p, in transformers' order. */
function cut(plain_BV: Tensor, draws: readonly Draw[]): Tensor {
  const temperature_B1 = column(draws, (draw) => draw.temperature || 1, plain_BV)
  const tempered_BV = logSoftmax(divide(plain_BV, temperature_B1), 1)
  const uncut = (draw: Draw) =>
    draw.temperature === 0 || (draw.topP >= 1 && draw.topK <= 0 && draw.minP <= 0)
  if (draws.every(uncut)) return tempered_BV
  const sorted = sort(tempered_BV, 1, true)
  const vocabulary = plain_BV.dimension(1)
  const limit = (draw: Draw, value: number, off: number) => (uncut(draw) ? off : value)
  const ranks_V = arange(0, vocabulary, { device: plain_BV.device })
  const topK_B1 = column(
    draws,
    (d) => limit(d, d.topK > 0 ? d.topK : vocabulary, vocabulary),
    plain_BV,
  )
  const beyondK_BV = greaterOrEqual(ranks_V, topK_B1)
  const keptK_BV = logSoftmax(maskedFill(sorted.values, beyondK_BV, Number.NEGATIVE_INFINITY), 1)
  // The token that crosses top-p stays: what counts is the probability before it.
  const probabilities_BV = exp(keptK_BV)
  const before_BV = subtract(cumulativeSum(probabilities_BV, 1), probabilities_BV)
  const topP_B1 = column(draws, (d) => limit(d, d.topP, 2), plain_BV)
  const beyondP_BV = or(greaterOrEqual(before_BV, topP_B1), beyondK_BV)
  const keptP_BV = exp(maskedFill(keptK_BV, beyondP_BV, Number.NEGATIVE_INFINITY))
  const minP_B1 = column(draws, (d) => limit(d, d.minP, 0), plain_BV)
  const least_B1 = multiply(narrow(keptP_BV, 1, 0, 1), minP_B1)
  const removed_BV = or(beyondP_BV, less(keptP_BV, least_B1))
  // Back from rank order to vocabulary order.
  const scattered_BV = scatterInto(onesLike(removed_BV), 1, sorted.indices, removed_BV)
  return logSoftmax(maskedFill(tempered_BV, scattered_BV, Number.NEGATIVE_INFINITY), 1)
}

/** Inverse of the cumulative distribution at each row's uniform number; greedy where asked. */
function choose(plain_BV: Tensor, tempered_BV: Tensor, draws: readonly Draw[]): Tensor {
  const probabilities_BV = exp(tempered_BV)
  const cumulative_BV = cumulativeSum(toDtype(probabilities_BV, 'float64'), 1)
  const vocabulary = plain_BV.dimension(1)
  const total_B1 = narrow(cumulative_BV, 1, vocabulary - 1, 1)
  const uniforms = Float64Array.from(draws, (draw) => Math.min(draw.uniform, largestUniform))
  const uniform_B1 = tensorFrom(uniforms, [draws.length, 1])
  const target_B1 = multiply(total_B1, toDevice(uniform_B1, plain_BV.device))
  // The first place whose cumulative probability exceeds the target: it never has probability 0.
  const drawn_B = argmax(toDtype(greater(cumulative_BV, target_B1), 'uint8'), 1)
  if (draws.every((draw) => draw.temperature !== 0)) return drawn_B
  const greedy_B = argmax(plain_BV, 1)
  const both_B2 = stack([drawn_B, greedy_B], 1)
  const which_B = toDevice(
    integers(draws.map((d) => (d.temperature === 0 ? 1 : 0))),
    plain_BV.device,
  )
  const rows_B = arange(0, draws.length, { device: plain_BV.device })
  return index(both_B2, [rows_B, which_B])
}
