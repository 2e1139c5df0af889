// Log-probs of the tokens that are there, in chunks: [tokens, vocabulary] never exists in float32,
// and in the dtype of the weights only for a chunk of tokens, or for the few that are kept.
//
// Letters: M tokens, C tokens of a chunk, H hidden size, V vocabulary.

import type { ModelConfig } from '../model/config.ts'
import { add, addInPlace, divide, exp, multiply, negative, subtract } from '../tensor/arithmetic.ts'
import { withoutGradient } from '../tensor/autograd.ts'
import { empty } from '../tensor/creation.ts'
import { type DType, dtypeBytes } from '../tensor/dtype.ts'
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

/** Bytes of logits that may wait for the way back, where they need not be computed again. */
const keptBytes = 2 ** 28

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
  /** Of the first blocks of tokens, for `headBackward`, which uses them up; empty if not asked for. */
  readonly kept: readonly KeptLogits[]
}

/** What the kernel found of a block of tokens. */
export interface KeptLogits {
  readonly logits: Tensor
  readonly totals: Tensor
  readonly entropies: Tensor
}

export interface LogprobOptions {
  readonly withEntropy: boolean
  /** Keep logits for `headBackward`, as far as memory allows. */
  readonly keep?: boolean
}

/** log softmax(hidden head^T / temperature) at the targets. No gradient is recorded. */
export function chosenLogprobs(
  input: HeadInput,
  { withEntropy, keep = false }: LogprobOptions,
): ChosenLogprobs {
  return scope(() =>
    withoutGradient(() => {
      const kernel = hasTrainingKernel(input.hidden)
      const most = kernel ? blockLength(input) : chunkTokens
      const blockBytes = most * input.head.dimension(0) * dtypeBytes(input.head.dtype)
      const kept = keep ? Math.floor(keptBytes / blockBytes) : 0
      const parts = pieces(input, most).map(({ input: piece }, index) =>
        kernel
          ? kernelLogprobs(piece, withEntropy, index < kept)
          : chunkLogprobs(piece, withEntropy),
      )
      const entropies = parts.flatMap(({ entropy }) => (entropy ? [entropy] : []))
      return {
        logprobs: concatenate(
          parts.map(({ logprobs }) => logprobs),
          0,
        ),
        entropy: withEntropy ? concatenate(entropies, 0) : null,
        kept: parts.flatMap((part) => part.kept),
      }
    }),
  )
}

/** By the addon's kernel, which holds one row at a time in float32. */
function kernelLogprobs(block: HeadInput, withEntropy: boolean, keep: boolean): ChosenLogprobs {
  const { targets, temperature } = block
  const logits = linear(block.hidden, block.head)
  const [logprobs, totals, entropies] = logprobKernel(logits, targets, temperature, withEntropy)
  if (!logprobs || !totals || !entropies) throw new Error('defect: log-probs without a result')
  if (!keep) logits.dispose()
  return {
    logprobs,
    entropy: withEntropy ? entropies : null,
    kept: keep ? [{ logits, totals, entropies }] : [],
  }
}

function chunkLogprobs(chunk: HeadInput, withEntropy: boolean): ChosenLogprobs {
  return scope(() => {
    const logits_CV = scaledLogits(chunk)
    const total_C1 = logSumExp(logits_CV, [1], true)
    const chosen_C1 = gather(logits_CV, 1, unsqueeze(chunk.targets, 1))
    const logprobs = squeeze(subtract(chosen_C1, total_C1), 1)
    if (!withEntropy) return { logprobs, entropy: null, kept: [] }
    const expected_C = sum(multiply(exp(subtract(logits_CV, total_C1)), logits_CV), [1])
    return { logprobs, entropy: subtract(squeeze(total_C1, 1), expected_C), kept: [] }
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
 * d entropy / d logit_j = -p_j (log p_j + entropy). `kept` is what `chosenLogprobs` kept of the same
 * input.
 */
export function headBackward(
  input: HeadInput,
  gradients: HeadGradients,
  addHeadGradient: (gradient_VH: Tensor) => void,
  kept: readonly KeptLogits[] = [],
): Tensor {
  return scope(() =>
    withoutGradient(() => {
      const parts = pieces(input, blockLength(input)).map(
        ({ start, length, input: block }, index) =>
          blockBackward(block, part(gradients, start, length), addHeadGradient, kept[index]),
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
  kept: KeptLogits | undefined,
): Tensor {
  return scope(() => {
    const slopes_MV = hasTrainingKernel(block.hidden)
      ? kernelSlopes(block, given, kept)
      : chunkedSlopes(block, given)
    addHeadGradient(matmul(transpose(slopes_MV, 0, 1), block.hidden))
    const gradient_MH = matmul(slopes_MV, block.head)
    slopes_MV.dispose()
    return gradient_MH
  })
}

/** d loss / d logits, [M, V] in the dtype of the weights, by the addon's kernel. */
function kernelSlopes(
  block: HeadInput,
  given: HeadGradients,
  kept: KeptLogits | undefined,
): Tensor {
  const { targets, temperature } = block
  const [found] = kept ? [kept] : kernelLogprobs(block, given.entropy !== null, true).kept
  if (!found) throw new Error('defect: no logits were kept')
  const slopes = contiguous(given.logprobs)
  const entropySlopes = given.entropy && contiguous(given.entropy)
  const spread = entropySlopes ? found.entropies : null
  slopeKernel(found.logits, targets, found.totals, slopes, entropySlopes, spread, temperature)
  return found.logits
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

/** Bytes of logits, and of the head's gradient, that are held at once for so many trained tokens. */
export function headBytes(
  { vocabularySize, hiddenSize }: Pick<ModelConfig, 'vocabularySize' | 'hiddenSize'>,
  tokens: number,
  dtype: DType,
): number {
  const row = vocabularySize * dtypeBytes(dtype)
  const block = (dtype === 'float32' ? chunkTokens : blockTokens) * row
  const kept = Math.floor(keptBytes / block) * block
  return Math.min(tokens * row, kept + block) + hiddenSize * row
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
