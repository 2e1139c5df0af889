// One step of the engine through the model: new tokens of many sequences, packed, to the logits
// that follow each sequence's last one.
//
// Letters: T new tokens, P pieces (one per sequence), H hidden size, V vocabulary.

import { type Decoder, hiddenStates, logits } from '../model/decoder.ts'
import { scope } from '../tensor/scope.ts'
import { indexSelect } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { integers, toDevice } from '../tensor/transfer.ts'
import type { Cache } from './cache.ts'
import { cachedAttention } from './cached-attention.ts'
import type { Piece } from './piece.ts'

/**
 * Writes the pieces' keys and values into the cache and returns logits [P, V] after the last token
 * of each, in the dtype of the weights.
 */
export function forwardPieces(decoder: Decoder, cache: Cache, pieces: readonly Piece[]): Tensor {
  return scope(() => {
    const device = decoder.weights.embedding.device
    const place = (values: number[]) => toDevice(integers(values), device)
    const ids_T = place(pieces.flatMap((piece) => [...piece.tokens]))
    const positions_T = place(
      pieces.flatMap((piece) => piece.tokens.map((_, index) => piece.start + index)),
    )
    const attend = cachedAttention(cache, pieces)
    const hidden_TH = hiddenStates(decoder, ids_T, positions_T, attend)
    return logits(decoder, lastOfEach(hidden_TH, pieces, place))
  })
}

function lastOfEach(
  hidden_TH: Tensor,
  pieces: readonly Piece[],
  place: (values: number[]) => Tensor,
): Tensor {
  if (pieces.every((piece) => piece.tokens.length === 1)) return hidden_TH
  let end = -1
  const last_P = pieces.map((piece) => {
    end += piece.tokens.length
    return end
  })
  return indexSelect(hidden_TH, 0, place(last_P))
}
