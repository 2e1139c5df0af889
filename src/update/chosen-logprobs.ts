// Log-probs of the tokens that are there, in chunks: [tokens, vocabulary] never exists in float32,
// and not at all for more than a chunk of tokens.
//
// Letters: M tokens, C tokens of a chunk, H hidden size, V vocabulary.

import { add, addInPlace, divide, exp, multiply, negative, subtract } from '../tensor/arithmetic.ts'
import { withoutGradient } from '../tensor/autograd.ts'
import { empty } from '../tensor/creation.ts'
import { hasTrainingKernel } from '../tensor/kernel.ts'
import { linear, matmul } from '../tensor/neural.ts'
import { operatorInPlace, operatorOfSeveral } from '../tensor/operator.ts'
import { logSumExp, sum } from '../tensor/reduction.ts'
import { scope } from '../tensor/scope.ts'
import { concatenate, gather, narrow, squeeze, transpose, unsqueeze } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { contiguous, copyTo, toDtype } from '../tensor/transfer.ts'

const scatterAddInPlace = operatorInPlace('aten::scatter_add_')

/** Tokens whose logits are held at once: small enough to stay near the processor. */
const chunkTokens = 128

/** Tokens whose logits are held at once in the 16 bits of the weights. */
const blockTokens = 1024

const logprobKernel = operatorOfSeveral('retool::chosen_logprobs')
const slopeKernel = operatorInPlace('retool::logit_gradient_')

export interface HeadInput {
  /** [M, H] in the dtype of the weights. */
  readonly hidden: Tensor
  /** [V, H] */
  readonly head: Tensor
  /** [M], int64; the token that came next. */
  readonly targets: Tensor
  /** Logits are divided by it, as when the tokens were sampled. */
  readonly temperature: number
}

export interface ChosenLogprobs {
  /** [M], float32 */
  readonly logprobs: Tensor
  /** [M], float32, of the whole distribution; null if not asked for. */
  readonly entropy: Tensor | null
}

/** log softmax(hidden head^T / temperature) at the targets. No gradient is recorded. */
export function chosenLogprobs(input: HeadInput, withEntropy: boolean): ChosenLogprobs {
  return scope(() =>
    withoutGradient(() => {
      const kernel = hasTrainingKernel(input.hidden)
      const most = kernel ? blockLength(input) : chunkTokens
      const parts = pieces(input, most).map(({ input: piece }) =>
        kernel ? kernelLogprobs(piece, withEntropy) : chunkLogprobs(piece, withEntropy),
      )
      const entropies = parts.flatMap(({ entropy }) => (entropy ? [entropy] : []))
      return {
        logprobs: concatenate(
          parts.map(({ logprobs }) => logprobs),
          0,
        ),
        entropy: withEntropy ? concatenate(entropies, 0) : null,
      }
    }),
  )
}

/** By the addon's kernel, which holds one row at a time in float32. */
function kernelLogprobs(block: HeadInput, withEntropy: boolean): ChosenLogprobs {
  const logits_MV = linear(block.hidden, block.head)
  const [logprobs, , entropy] = logprobKernel(
    logits_MV,
    block.targets,
    block.temperature,
    withEntropy,
  )
  logits_MV.dispose()
  if (!logprobs || !entropy) throw new Error('defect: log-probs without a result')
  return { logprobs, entropy: withEntropy ? entropy : null }
}

function chunkLogprobs(chunk: HeadInput, withEntropy: boolean): ChosenLogprobs {
  return scope(() => {
    const logits_CV = scaledLogits(chunk)
    const total_C1 = logSumExp(logits_CV, [1], true)
    const chosen_C1 = gather(logits_CV, 1, unsqueeze(chunk.targets, 1))
    const logprobs = squeeze(subtract(chosen_C1, total_C1), 1)
    if (!withEntropy) return { logprobs, entropy: null }
    const expected_C = sum(multiply(exp(subtract(logits_CV, total_C1)), logits_CV), [1])
    return { logprobs, entropy: subtract(squeeze(total_C1, 1), expected_C) }
  })
}

/** Gradients that come back from the loss, one per token. */
export interface HeadGradients {
  /** [M], float32; of the loss by the log-prob. */
  readonly logprobs: Tensor
  /** [M], float32; of the loss by the entropy, or null. */
  readonly entropy: Tensor | null
}

/**
 * The gradient of the loss by `hidden`, [M, H]; the head's own is handed to `addHeadGradient` in
 * parts, [V, H] each. With p the probabilities: d logprob / d logit_j = 1[j chosen] - p_j, and
 * d entropy / d logit_j = -p_j (log p_j + entropy).
 */
export function headBackward(
  input: HeadInput,
  gradients: HeadGradients,
  addHeadGradient: (gradient_VH: Tensor) => void,
): Tensor {
  return scope(() =>
    withoutGradient(() => {
      const parts = pieces(input, blockLength(input)).map(({ start, length, input: block }) =>
        blockBackward(block, part(gradients, start, length), addHeadGradient),
      )
      return concatenate(parts, 0)
    }),
  )
}

/** One matrix product for the head's gradient over as many chunks as fit in `blockTokens`. */
function blockBackward(
  block: HeadInput,
  given: HeadGradients,
  addHeadGradient: (gradient_VH: Tensor) => void,
): Tensor {
  return scope(() => {
    const slopes_MV = hasTrainingKernel(block.hidden)
      ? kernelSlopes(block, given)
      : chunkedSlopes(block, given)
    addHeadGradient(matmul(transpose(slopes_MV, 0, 1), block.hidden))
    return matmul(slopes_MV, block.head)
  })
}

/** d loss / d logits, [M, V] in the dtype of the weights, by the addon's kernel. */
function kernelSlopes(block: HeadInput, given: HeadGradients): Tensor {
  const { targets, temperature } = block
  const logits_MV = linear(block.hidden, block.head)
  const [, totals, entropies] = logprobKernel(
    logits_MV,
    targets,
    temperature,
    given.entropy !== null,
  )
  const slopes = contiguous(given.logprobs)
  const entropySlopes = given.entropy && contiguous(given.entropy)
  const spread = entropySlopes ? entropies : null
  slopeKernel(logits_MV, targets, totals, slopes, entropySlopes, spread, temperature)
  return logits_MV
}

/** The same, composed of libtorch's operators. */
function chunkedSlopes(block: HeadInput, given: HeadGradients): Tensor {
  const shape = [block.targets.dimension(0), block.head.dimension(0)]
  const slopes_MV = empty(shape, { dtype: block.head.dtype, device: block.head.device })
  for (const { start, length, input } of pieces(block, chunkTokens)) {
    copyTo(narrow(slopes_MV, 0, start, length), logitGradient(input, part(given, start, length)))
  }
  return slopes_MV
}

/** d loss / d logits of a chunk, before the temperature: [C, V], float32. */
function logitGradient(chunk: HeadInput, given: HeadGradients): Tensor {
  return scope(() => {
    const logits_CV = scaledLogits(chunk)
    const logprobs_CV = subtract(logits_CV, logSumExp(logits_CV, [1], true))
    const probabilities_CV = exp(logprobs_CV)
    const slope_C1 = unsqueeze(given.logprobs, 1)
    const gradient_CV = multiply(probabilities_CV, negative(slope_C1))
    scatterAddInPlace(gradient_CV, 1, unsqueeze(chunk.targets, 1), slope_C1)
    if (given.entropy) {
      const spread_CV = multiply(probabilities_CV, logprobs_CV)
      const entropy_C1 = negative(sum(spread_CV, [1], true))
      const rise_CV = add(spread_CV, multiply(probabilities_CV, entropy_C1))
      addInPlace(gradient_CV, multiply(rise_CV, negative(unsqueeze(given.entropy, 1))))
    }
    return chunk.temperature === 1 ? gradient_CV : divide(gradient_CV, chunk.temperature)
  })
}

function blockLength({ head }: HeadInput): number {
  return head.dtype === 'float32' ? chunkTokens : blockTokens
}

function scaledLogits({ hidden, head, temperature }: HeadInput): Tensor {
  const logits_CV = toDtype(linear(hidden, head), 'float32')
  return temperature === 1 ? logits_CV : divide(logits_CV, temperature)
}

interface Piece {
  readonly start: number
  readonly length: number
  readonly input: HeadInput
}

/** Consecutive pieces of at most `most` tokens. */
function pieces(input: HeadInput, most: number): Piece[] {
  const total = input.targets.dimension(0)
  return Array.from({ length: Math.ceil(total / most) }, (_, index) => {
    const start = index * most
    const length = Math.min(most, total - start)
    const cut = (tensor: Tensor) => narrow(tensor, 0, start, length)
    return {
      start,
      length,
      input: { ...input, hidden: cut(input.hidden), targets: cut(input.targets) },
    }
  })
}

function part({ logprobs, entropy }: HeadGradients, start: number, length: number): HeadGradients {
  const cut = (tensor: Tensor) => narrow(tensor, 0, start, length)
  return { logprobs: cut(logprobs), entropy: entropy && cut(entropy) }
}
