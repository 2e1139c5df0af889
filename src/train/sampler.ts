// What rolls out in training: the engine beside the learner, or one elsewhere that is sent weights.

import type { Decoder } from '../model/decoder.ts'
import type { Policy } from '../trajectory/policy.ts'

export interface Sampler extends Policy {
  /**
   * Whether it computes with a copy of the weights, and may write while the learner learns. The
   * engine beside the learner reads the very tensors that an update changes.
   */
  readonly hasOwnWeights?: boolean
  /** New weights from now on: the next version, unless a run that goes on says which. */
  replaceWeights(decoder: Decoder, version?: number): void | Promise<void>
}
