// Log-probs (and entropies) of trained tokens under a decoder, without gradient.

import type { Decoder } from '../model/decoder.ts'
import { scope } from '../tensor/scope.ts'
import { integers, readFloats, toDevice } from '../tensor/transfer.ts'
import { predictingStates } from './backpropagate.ts'
import { microBatches, type PackedBatch, packSequences, type TrainingSequence } from './batch.ts'
import { chosenLogprobs } from './chosen-logprobs.ts'

export interface ScoreOptions {
  /** Logits are divided by it, as when the tokens were sampled. */
  readonly temperature: number
  readonly microBatchTokens: number
  readonly withEntropy: boolean
}

/** Rows over all tokens of each sequence, zero where the mask is zero. */
export interface TokenScores {
  readonly logprobs: readonly Float32Array[]
  /** Empty unless asked for. */
  readonly entropy: readonly Float32Array[]
}

export function scoreTokens(
  decoder: Decoder,
  sequences: readonly TrainingSequence[],
  options: ScoreOptions,
): TokenScores {
  const emptyRows = () => sequences.map(({ tokens }) => new Float32Array(tokens.length))
  const logprobs = emptyRows()
  const entropy = options.withEntropy ? emptyRows() : []
  for (const members of microBatches(sequences, options.microBatchTokens)) {
    const packed = packSequences(members.flatMap((index) => sequences[index] ?? []))
    if (packed.targets.length === 0) continue
    scope(() => {
      const device = decoder.weights.embedding.device
      const scores = chosenLogprobs(
        {
          hidden: predictingStates(decoder, packed),
          head: decoder.weights.head.weight,
          targets: toDevice(integers(packed.targets), device),
          temperature: options.temperature,
        },
        { withEntropy: options.withEntropy },
      )
      layOut(readFloats(scores.logprobs), packed, pickRows(logprobs, members))
      if (scores.entropy) layOut(readFloats(scores.entropy), packed, pickRows(entropy, members))
    })
  }
  return { logprobs, entropy }
}

function pickRows(rows: readonly Float32Array[], members: readonly number[]): Float32Array[] {
  return members.flatMap((index) => rows[index] ?? [])
}

/** Values of the trained tokens, end to end, into rows over all tokens. */
export function layOut(
  values: ArrayLike<number>,
  { columns }: PackedBatch,
  rows: readonly Float32Array[],
): void {
  let next = 0
  columns.forEach((tokens, b) => {
    for (const token of tokens) {
      const row = rows[b]
      if (row) row[token] = values[next] ?? 0
      next += 1
    }
  })
}
